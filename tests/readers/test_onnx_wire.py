"""Bytes that lie: every fault is an error with its place, and large weights are never looked at."""

import contextlib
import random
import struct
from pathlib import Path

import pytest
from onnx import TensorProto, helper
from onnx_files import ints, model, node, report, weight

from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.onnx import read
from cnnshape.readers.onnx.tensor import Tensor
from cnnshape.readers.onnx.wire import BrokenError, Span

CONV = model([node("Conv", ["x", "w"], ["y"], name="c")], ["x"], ["y"], [weight("w", 5, 3, 3, 3)])


def whole(raw):
    return Span(raw, 0, len(raw))


def broken(raw):
    with pytest.raises(ModelError) as caught:
        read(File("x.onnx", raw), Options())
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no graph"),
        (b"\x3a\x7f\x00", "claims 127 bytes, 1 are left at byte 2"),
        (b"\x3a\xff\xff\xff\xff\x7f", "claims 34,359,738,367 bytes"),
        (b"\x08\xff", "ends inside a number at byte 1"),
        (b"\x08" + b"\xff" * 11, "more than 10 bytes at byte 1"),
        (b"\x3b\x3b\x3b\x3c", "a group stands where ONNX has none at byte 0"),
        (b"\x0f\x00", "wire type 7 does not exist at byte 0"),
        (b"\x02\x00", "the number 0 at byte 0"),
        (b"\x38\x01", "field 7 has wire type 0, not 2"),
        (b"\x0d\x00\x00", "ends inside a number"),
    ],
)
def test_bytes_that_are_no_message_are_refused_at_their_place(raw, words):
    problem = broken(raw)
    assert problem.code == "CNN-E106"
    assert words in problem.message


def test_a_file_cut_anywhere_is_an_error_or_a_network():
    outcomes = set()
    for end in range(len(CONV)):
        try:
            report(CONV[:end])
            outcomes.add("network")
        except ModelError as error:
            outcomes |= {problem.code for problem in error.problems}
    assert "CNN-E106" in outcomes


def test_a_file_with_wrong_bytes_is_an_error_or_a_network():
    rng = random.Random(2)
    for _ in range(400):
        raw = bytearray(CONV)
        for _ in range(rng.randrange(1, 5)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        with contextlib.suppress(ModelError):  # anything else fails
            report(bytes(raw))


@pytest.mark.parametrize("depth", [70, 2000])
def test_branches_inside_branches_are_refused_and_not_followed(depth):
    said = helper.make_tensor("c", TensorProto.BOOL, [], [True])

    def field(number, content):
        size, length = len(content), b""
        while True:
            length += bytes([size & 127 | (128 if size > 127 else 0)])
            size >>= 7
            if not size:
                return bytes([number << 3 | 2]) + length + content

    graph = field(1, field(1, b"x") + field(2, b"o") + field(4, b"Relu")) + field(12, field(1, b"o"))
    for _ in range(depth):
        attribute = field(1, b"then_branch") + field(6, graph) + b"\xa0\x01\x05"
        branch = field(1, b"c") + field(2, b"o") + field(4, b"If") + field(5, attribute)
        graph = field(1, branch) + field(12, field(1, b"o"))
    frame = field(5, said.SerializeToString()) + field(11, model([], ["x"], ["x"])[0:0] + field(1, b"x") + _image())
    problem = broken(b"\x08\x09" + b"\x42\x02\x10\x14" + field(7, graph + frame))
    assert problem.code == "CNN-E502"


def _image():
    info = helper.make_tensor_value_info("", TensorProto.FLOAT, (1, 3, 7, 11)).SerializeToString()
    return info[info.index(b"\x12") :]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (TensorProto.INT64, [-(2**63), -1, 0, 2**63 - 1]),
        (TensorProto.INT32, [-5, 0, 7]),
        (TensorProto.UINT64, [0, 2**64 - 1]),
        (TensorProto.UINT8, [0, 255]),
        (TensorProto.INT8, [-128, 127]),
        (TensorProto.BOOL, [True, False, True]),
        (TensorProto.FLOAT, [0.5, -2.0]),
        (TensorProto.DOUBLE, [0.1, -1e300]),
        (TensorProto.FLOAT16, [0.5, -2.0]),
        (TensorProto.BFLOAT16, [0.5, -2.0]),
        (TensorProto.STRING, ["a", "bc"]),
    ],
)
def test_numbers_are_read_from_every_field_that_may_hold_them(kind, values):
    typed = helper.make_tensor("t", kind, [len(values)], values).SerializeToString()
    assert list(Tensor(whole(typed)).const().values) == values
    if kind != TensorProto.STRING:
        import onnx

        array = onnx.numpy_helper.to_array(onnx.TensorProto.FromString(typed))
        raw = helper.make_tensor("t", kind, [len(values)], array.tobytes(), raw=True).SerializeToString()
        assert list(Tensor(whole(raw)).const().values) == values


def test_numbers_that_are_not_packed_are_read_too():
    raw = b"\x08\x02" + b"\x10\x07" + b"\x38\x05" + b"\x38" + b"\xff" * 9 + b"\x01"
    assert Tensor(whole(raw)).const().values == (5, -1)
    floats = b"\x08\x01" + b"\x10\x01" + b"\x25" + struct.pack("<f", 0.5)
    assert Tensor(whole(floats)).const().values == (0.5,)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x08\x03\x10\x07\x38\x05",  # three elements, one number
        b"\x08\x01\x10\x07\x4a\x04abcd",  # eight bytes are wanted
        b"\x08\x01\x10\x07\x38\x05\x38\x06",
        b"\x08\x01\x10\x07\x32\x01a",  # an integer that is a string
        b"\x08\x01\x10\x07\x25\x00\x00\x00\x3f",  # or a fraction
    ],
)
def test_numbers_that_are_not_as_many_as_the_shape_says_are_refused(raw):
    with pytest.raises(BrokenError):
        Tensor(whole(raw)).const()


def test_a_negative_dimension_is_refused():
    with pytest.raises(BrokenError, match="dimension of -1"):
        Tensor(whole(b"\x08" + b"\xff" * 9 + b"\x01"))


def test_external_data_need_not_exist():
    tensor = weight("w", 5, 3, 3, 3)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="gone.bin")
    raw = model([node("Conv", ["x", "w"], ["y"])], ["x"], ["y"], [tensor])
    assert report(raw).totals.params == 135


def test_a_shape_of_many_terabytes_is_a_number_or_an_error():
    raw = model([node("Expand", ["x", "to"], ["y"])], ["x"], ["y"], [ints("to", 2**20, 3, 7, 11)])
    assert str(report(raw).outputs[0].shape) == "1048576x3x7x11"
    huge = model([node("Expand", ["x", "to"], ["y"])], ["x"], ["y"], [ints("to", 2**55, 2**55, 3, 7, 11)])
    with pytest.raises(ModelError, match="CNN-E501"):
        report(huge)


class Watched(bytes):
    """Bytes that count how many of them are looked at."""

    seen = 0

    def __getitem__(self, key):
        found = bytes.__getitem__(self, key)
        Watched.seen += 1 if isinstance(key, int) else len(found)
        return found


def test_weights_are_never_looked_at(tmp_path):
    small, large = [
        model([node("Conv", ["x", "w"], ["y"], name="c")], ["x"], ["y"], [weight("w", out, 3, 3, 3)])
        for out in (200, 200_000)
    ]
    assert len(large) > 20_000_000
    looked = []
    for raw in (small, large):
        Watched.seen = 0
        read(File("x.onnx", Watched(raw)), Options())
        looked.append(Watched.seen)
    assert looked[1] <= looked[0] + 20
    assert looked[1] < 2000
    path = Path(tmp_path) / "large.onnx"
    path.write_bytes(large)
    assert read(File(str(path)), Options())[0].nodes[0].layer.out_channels == 200_000


def test_a_chain_of_many_nodes_is_read():
    nodes = [node("Relu", ["x" if not at else f"t{at}"], [f"t{at + 1}"]) for at in range(20_000)]
    assert len(report(model(nodes, ["x"], ["t20000"])).layers) == 20_000
