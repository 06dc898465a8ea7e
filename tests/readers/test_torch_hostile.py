"""Archives that lie: a clear error, never a traceback, nothing unpacked without a limit."""

import io
import pickle
import random
import struct
import time
import zipfile
from itertools import pairwise

import pytest
from effort import grows_evenly
from torch_archives import NET, archive, graph

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.torch import read


def refused(data):
    with pytest.raises(ModelError) as caught:
        analysed(data)
    return caught.value.problems[0]


def analysed(data):
    found, problems = read(File("net.pt2", data), Options())
    if problems:
        raise ModelError(problems)
    return calculate(found, found.batch)


def zipped(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in members.items():
            out.writestr(name.replace("__", "/"), data)
    return held.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps({"weight": 1}, protocol=2),
        pickle.dumps([1], protocol=5),
        zipped(**{"model/data.pkl": b"\x80\x02.", "model/version": b"3"}),
        zipped(**{"model/data.pkl": b"\x80\x02.", "model/code/__torch__.py": b"", "model/constants.pkl": b""}),
    ],
)
def test_a_pickle_is_refused_unopened_with_the_way_to_export_it(data):
    problem = refused(data)
    assert problem.code == "CNN-E107"
    assert "torch.export.export(" in problem.fix
    assert "torch.export.save(" in problem.fix


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04" + bytes(99), b"not a zip", zipped(**{"a.txt": b"x"})])
def test_what_is_no_export_is_broken(data):
    assert refused(data).code == "CNN-E106"


def test_truncated_anywhere_it_is_an_error():
    data = archive(NET)
    for end in range(0, len(data) - 1, 37):
        assert refused(data[:end]).code in ("CNN-E106", "CNN-E101")


@pytest.mark.parametrize("packed", [False, True])
def test_any_byte_may_change_without_a_traceback(packed):
    data, chance = archive(NET, packed=packed), random.Random(7)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            found, _ = read(File("net.pt2", bytes(broken)), Options())
            calculate(found, found.batch)
        except ModelError:
            continue


def test_a_bomb_is_not_unpacked():
    bomb = archive(b" " * (300 * 2**20), packed=True)
    start = time.process_time()
    assert refused(bomb).code == "CNN-E106"
    assert time.process_time() - start < 2


def test_a_length_that_lies_is_told():
    data = bytearray(archive(NET))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x01\x02") + 4)
    data[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)
    assert refused(bytes(data)).code == "CNN-E106"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"graph_module":' * 100_000, '{"graph_module": {"graph": ' + "[" * 99_999]
)
def test_deep_nesting_is_an_error(text):
    assert refused(archive(text)).code == "CNN-E106"


def test_a_name_that_nothing_makes_and_a_cycle_are_errors():
    calls = [("relu.default", {"self": "z"}, {"y": (2, 3)}), ("relu.default", {"self": "y"}, {"z": (2, 3)})]
    problem = refused(archive(graph({"x": (2, 3)}, {}, calls, ["z"])))
    assert problem.code == "CNN-E106"
    assert "used before" in problem.message
    assert refused(archive(graph({"x": (2, 3)}, {}, [], ["nothing"]))).code == "CNN-E106"


def test_a_terabyte_is_a_number_or_an_error():
    big = (2, 2**31 - 1, 2**31 - 1, 2**31 - 1)
    assert refused(archive(graph({"x": big}, {}, [("relu.default", {"self": "x"}, {"y": big})], ["y"])))


def test_control_characters_are_never_printed_raw():
    problem = refused(archive(graph({"x": (2, 3)}, {}, [("relu.default", {"self": "a\x1b[2J"}, {"y": (2, 3)})], ["y"])))
    assert "\x1b" not in str(problem)


def test_a_long_graph_takes_linear_time():
    def work(length):
        names = ["x", *[f"r{n}" for n in range(length)]]
        calls = [("relu.default", {"self": a}, {b: (2, 3)}) for a, b in pairwise(names)]
        read(File("net.pt2", archive(graph({"x": (2, 3)}, {}, calls, [names[-1]]))), Options())

    assert grows_evenly(work, 2_000, 8_000)
