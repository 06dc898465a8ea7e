"""The files around a configuration: archives, HDF5, text; and what is cut off, lies, or never ends."""

import io
import json
import random
import struct
import time
import zipfile
import zlib

import pytest
from effort import grows_evenly
from keras_files import call3, functional, layer, problems, report, sequential, source, tensor

NET = sequential(
    source(13, 17, 6),
    layer("Conv2D", "a", filters=5, kernel_size=[3, 3]),
    layer("Flatten", "f"),
    layer("Dense", "d", units=7),
)
PARAMS = 5 * 6 * 9 + 5 + 11 * 15 * 5 * 7 + 7


def archive(text=None, *, name="config.json", method=zipfile.ZIP_DEFLATED, before=b""):
    memory = io.BytesIO(before)
    memory.seek(0, io.SEEK_END)
    with zipfile.ZipFile(memory, "a", method) as packed:
        packed.writestr("metadata.json", '{"keras_version": "3.0.0"}')
        packed.writestr(name, json.dumps(NET) if text is None else text)
        packed.writestr("model.weights.h5", bytes(range(256)) * 100)
    return memory.getvalue()


def padded(raw):
    return raw + b"\0" * (-len(raw) % 8)


def hdf5(value, *, name=b"model_config", version=0, variable=True, attribute=1):
    """An HDF5 file of a superblock, the root group's header with one attribute, and a heap: by the specification."""
    head = {0: 96, 2: 48}[version]
    heap = head + 1024
    if variable:
        kind = struct.pack("<BBBBI", 0x19, 1, 0, 0, 16) + struct.pack("<BBBBI", 0x13, 0, 0, 0, 1) + b"\0" * 8
        data = struct.pack("<IQI", len(value), heap, 1)
    else:
        kind, data = struct.pack("<BBBBI", 0x13, 0, 0, 0, len(value)), value
    space, label = struct.pack("<BBBBI", 1, 0, 0, 0, 0), name + b"\0"
    sizes = struct.pack("<HHH", len(label), len(kind), len(space))
    if attribute == 1:
        body = b"\1\0" + sizes + padded(label) + padded(kind) + padded(space) + data
    else:
        body = b"\3\0" + sizes + b"\1" + label + kind + space + data
    if version == 0:
        super_ = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
        super_ += (
            struct.pack("<QQQQ", 0, 2**64 - 1, 10**6, 2**64 - 1) + struct.pack("<QQII", 0, head, 0, 0) + b"\0" * 16
        )
        body = padded(body)
        messages = struct.pack("<HHBBBB", 0x0C, len(body), 0, 0, 0, 0) + body
        root = struct.pack("<BBHII", 1, 0, 1, 1, len(messages)) + b"\0" * 4 + messages
    else:
        super_ = (
            b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0]) + struct.pack("<QQQQ", 0, 2**64 - 1, 10**6, head) + b"\0" * 4
        )
        messages = struct.pack("<BHB", 0x0C, len(body), 0) + body
        root = b"OHDR" + bytes([2, 2]) + struct.pack("<I", len(messages)) + messages + b"\0" * 4
    collection = b"GCOL" + b"\1\0\0\0" + struct.pack("<Q", 32 + len(value) + 64)
    collection += struct.pack("<HHIQ", 1, 1, 0, len(value)) + padded(value) + b"\0" * 64
    return super_.ljust(head, b"\0") + root.ljust(max(1024, len(root)), b"\0") + collection


CONFIG = json.dumps(NET).encode()
FORMS = {
    "text": CONFIG,
    "text with a mark": b"\xef\xbb\xbf" + CONFIG,
    "text in text": json.dumps(json.dumps(NET)).encode(),
    "archive": archive(),
    "archive, stored": archive(method=zipfile.ZIP_STORED),
    **{
        f"hdf5 {version} {attribute} {variable}": hdf5(CONFIG, version=version, attribute=attribute, variable=variable)
        for version in (0, 2)
        for attribute in (1, 3)
        for variable in ((True, False) if len(CONFIG) < 900 else (True,))
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_a_model_is_read_from_every_kind_of_file(form):
    assert report(FORMS[form]).totals.params == PARAMS


def test_hdf5_written_by_h5py_is_read_without_it(tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py")
    for version in ("earliest", "latest"):
        with h5py.File(tmp_path / "model.h5", "w", libver=version) as file:
            file.attrs["keras_version"] = "3"
            file.attrs["model_config"] = json.dumps(NET)
            file.create_group("model_weights")
        monkeypatch.setitem(__import__("sys").modules, "h5py", None)
        assert report((tmp_path / "model.h5").read_bytes()).totals.params == PARAMS
        monkeypatch.undo()


def test_weights_alone_are_told_from_a_model():
    (problem,) = problems(hdf5(b"3.0", name=b"keras_version"))
    assert "weights alone" in problem.message
    (problem,) = problems(archive(name="other.json"))
    assert "no config.json" in problem.message


def test_a_subclassed_model_is_told_with_the_way_out():
    (problem,) = problems({"class_name": "MyModel", "config": {"units": 3}})
    assert problem.code == "CNN-E801"
    assert "ONNX" in problem.fix


def held(data):
    """Reading takes under two seconds and ends with numbers or with problems, never with anything else."""
    began = time.process_time()
    found = problems(data)
    assert time.process_time() - began < 2
    assert all(problem.code.startswith("CNN-E") for problem in found)
    return found


@pytest.mark.parametrize("form", ["archive", "hdf5 0 1 True", "hdf5 2 3 True", "text"])
def test_a_file_that_is_cut_off_anywhere_is_an_error(form):
    whole = FORMS[form]
    ends = range(8, len(whole) - 1, max(1, len(whole) // 150))
    fine = [end for end in ends if not held(whole[:end])]
    # The end of the heap, of the padding or of the weights may be missing without anybody's looking there.
    assert not [end for end in fine if end < len(whole) - 70]


@pytest.mark.parametrize("form", ["archive, stored", "hdf5 0 1 True", "hdf5 2 3 True", "text"])
def test_a_file_with_changed_bytes_ends_in_numbers_or_errors(form):
    draw, whole = random.Random(7), FORMS[form]
    for _ in range(200):
        changed = bytearray(whole)
        for _ in range(draw.choice((1, 1, 2, 5))):
            changed[draw.randrange(8, len(changed))] = draw.choice((0, 1, 0xFF, 0x7F, draw.randrange(256)))
        held(bytes(changed))


def test_a_zip_bomb_is_not_unpacked():
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = b"".join([packer.compress(b" " * 2**20) for _ in range(200)]) + packer.flush()
    for claimed in (200 * 2**20, 100):
        name = b"config.json"
        local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, 0, len(raw), claimed, len(name), 0) + name + raw
        entry = (
            struct.pack(
                "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, 0, len(raw), claimed, len(name), 0, 0, 0, 0, 0, 0
            )
            + name
        )
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), len(local), 0)
        assert [p.code for p in held(local + entry + end)] == ["CNN-E501"]


HOSTILE = {
    "nested lists": b'{"class_name": "Sequential", "config": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested models": json.dumps(NET["config"]["layers"][1])
    .join(['{"class_name":"Sequential","config":{"layers":[' * 150, "]}}" * 150])
    .encode(),
    "no object": b"[1, 2]",
    "no model": b'{"class_name": "Functional"}',
    "no layers": b'{"class_name": "Functional", "config": {"layers": 3}}',
    "number too long": b'{"class_name": "Sequential", "config": {"layers": [' + b"9" * 5000 + b"]}}",
    "no configuration": json.dumps(sequential({"class_name": "Conv2D", "config": 3})).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_model_is_an_error(name):
    assert held(HOSTILE[name])


def test_values_of_every_wrong_type_are_errors_with_the_layers_name():
    for key in (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "dilation_rate",
        "groups",
        "use_bias",
        "activation",
        "data_format",
    ):
        for value in ("x", -1, 0, 2**70, 1.5, [], [[]], {}, {"class_name": 3}, [1, 2, 3], True, "\x1b[2J"):
            fields = {"filters": 5, "kernel_size": [3, 3], key: value}
            for problem in held(sequential(source(13, 17, 6), layer("Conv2D", "bad", **fields))):
                assert problem.place.layer == "bad"


def wired(*layers, outputs=("a", 0, 0)):
    return functional([call3(source(13, 17, 6)), *layers], ["x"], [list(outputs)])


RELU = layer("ReLU", "a")


@pytest.mark.parametrize(
    ("graph", "code"),
    [
        (wired(call3(RELU, [tensor("a")])), "CNN-E106"),
        (wired(call3(RELU, [tensor("b")]), call3(layer("ReLU", "b"), [tensor("a")])), "CNN-E106"),
        (wired(call3(RELU, [tensor("x")]), call3(RELU, [tensor("x")])), "CNN-E302"),
        (wired(call3(RELU, [tensor("nobody")])), "CNN-E106"),
        (wired(call3(RELU, [tensor("x", 0, 3)])), "CNN-E106"),
        (wired(call3(RELU, [tensor("x", -1)])), "CNN-E106"),
        (wired(call3(RELU, [tensor("x")]), outputs=("a", 1, 0)), "CNN-E106"),
        (wired(call3(RELU, [])), "CNN-E803"),
    ],
)
def test_wiring_that_cannot_be_is_an_error(graph, code):
    assert [problem.code for problem in held(graph)] == [code]


def test_shapes_of_terabytes_and_beyond_are_errors_or_numbers():
    for size in (2**31 - 1, 2**31, 10**30):
        held(
            sequential(
                source(size, size, 6),
                layer("Conv2D", "a", filters=5, kernel_size=[3, 3]),
                layer("Flatten", "f"),
                layer("Dense", "d", units=7),
            )
        )


def test_time_grows_with_the_number_of_layers_and_not_with_its_square():
    def work(count):
        net = sequential(source(3), *[layer("ReLU", f"r{k}") for k in range(count)])
        assert len(report(json.dumps(net).encode()).layers) == count

    assert grows_evenly(work, 5_000, 20_000)


def test_names_that_a_terminal_would_obey_are_shown_as_text():
    (problem,) = held(sequential(source(13, 17, 6), layer("Conv2D", "\x1b[2J", filters=-1, kernel_size=3)))
    assert "\x1b" not in str(problem)
