"""The real command on files that lie, in every format: exit 2 and one clear error, within 512 MiB and two seconds.

Each run is a process of its own that cannot have more memory; the seconds are its processor's, so that a busy machine
does not count.
"""

import io
import json
import struct
import subprocess
import sys
import zipfile

import pytest
from keras_files import functional, layer, sequential, source
from test_keras_files import hdf5
from torch_archives import archive, graph

resource = pytest.importorskip("resource")

MIB = 2**20
LIMITED = (
    "import os, resource, sys; resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20));"
    "os.execv(sys.executable, [sys.executable, '-m', 'cnnshape', 'analyze', *sys.argv[1:]])"
)


def varint(n):
    found = bytearray()
    while n > 127:
        found.append(n & 127 | 128)
        n >>= 7
    return bytes([*found, n])


def part(number, data):
    """A protobuf field with a length."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name, *sizes):
    shape = b"".join(part(1, b"\x08" + varint(size)) for size in sizes)
    return part(1, name) + part(2, part(1, b"\x08\x01" + part(2, shape)))


def node(kind, reads, makes):
    return part(1, part(1, reads) + part(2, makes) + part(4, kind))


def onnx(*nodes, sizes=(1, 3, 7, 11), out=b"y"):
    body = b"".join(nodes) + part(2, b"g") + part(11, tensor(b"x", *sizes)) + part(12, tensor(out, 1))
    return b"\x08\x08" + part(8, part(1, b"") + b"\x10\x11") + part(7, body)


def nested(levels):
    """An If whose branch is an If, and so on: the heads of attribute, node and graph, from the inside out."""
    heads, size = [], 0
    for _ in range(levels):
        for front, field in ((b"\x0a\x0bthen_branch", 6), (b"\x22\x02If", 5), (b"", 1)):
            head = front + varint(field << 3 | 2) + varint(size)
            size += len(head)
            heads.append(head)
    return part(7, b"".join(reversed(heads)))


def zipped(name, data):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(name, data)
    return held.getvalue()


def text(config):
    return json.dumps(config).encode()


def linked(*names):
    """ReLUs, each of which reads the one before it; the first reads the last."""
    entries = [source(7, 11, 3)]
    for name, before in zip(names, (names[-1], *names[:-1]), strict=True):
        entries.append({**layer("ReLU", name), "name": name, "inbound_nodes": [[[before, 0, 0, {}]]]})
    return functional(entries, ["x"], [[names[0], 0, 0]])


def inside(body):
    return b'{"class_name": "Functional", "config": {"layers": [], "x": ' + body + b"}}"


BIG = 2**31 - 1
CAFFE = b'input: "x" input_shape { dim: 1 dim: 3 dim: 7 dim: 11 }\n'
DARKNET = b"[net]\nheight=7\nwidth=11\nchannels=3\n"
RELU = ("relu.default", {"self": "x"}, {"y": (2, 3)})
EXPORT = archive(graph({"x": (2, 3)}, {}, [RELU], ["y"]), packed=True)
LIE = b"\x08\x08\x3a" + varint(2**40) + b"\x0a\x05" * 9

FILES = {
    "onnx, a length that lies.onnx": LIE,
    "onnx, cut off.onnx": onnx(node(b"Relu", b"x", b"y"))[:-9],
    "onnx, nested.onnx": b"\x08\x08" + part(8, b"\x10\x11") + nested(100_000),
    "onnx, a circle.onnx": onnx(node(b"Relu", b"y", b"z"), node(b"Relu", b"z", b"y")),
    "onnx, two of one name.onnx": onnx(node(b"Relu", b"x", b"y"), node(b"Relu", b"x", b"y")),
    "onnx, terabytes.onnx": onnx(node(b"Relu", b"x", b"y"), sizes=(1, 2**62, 2**62)),
    "onnx, control.onnx": onnx(node(b"Relu", b"\x1b[2J", b"y")),
    "keras, bomb.keras": zipped("config.json", b" " * (200 * MIB)),
    "keras, cut off.keras": zipped("config.json", text(sequential(source(7, 11, 3))))[:-9],
    "keras, hdf5 that lies.h5": hdf5(b"{}").replace(struct.pack("<I", 2), struct.pack("<I", 2**32 - 1)),
    "keras, hdf5 cut off.h5": hdf5(b"{}")[:200],
    "keras, nested.json": inside(b"[" * 100_000 + b"]" * 100_000),
    "keras, a circle.json": text(linked("a", "b", "c")),
    "keras, two of one name.json": text(functional([source(7), source(7)], ["x"], [["x", 0, 0]])),
    "keras, terabytes.json": text(sequential(source(2**62, 2**62, 3), layer("ReLU"))),
    "keras, control.json": text(sequential(source(7, 11, 3), layer("Conv2D", "\x1b[2J\x07", filters=-1, kernel_size=3))),
    "keras, texts.json": inside(b"[" + b'"abcdefgh",' * 5_900_000 + b"1]"),
    "keras, dictionaries.json": inside(b"[" + b'{"a":1},' * 2_900_000 + b"1]"),
    "keras, names.json": inside(b"{" + b",".join(b'"%x":0' % k for k in range(2_900_000)) + b"}"),
    "caffe, nested.prototxt": CAFFE + b"layer {" * 100_000,
    "caffe, cut off.prototxt": CAFFE + b'layer { name: "a" type: "ReLU" bottom: "x',
    "caffe, a circle.prototxt": CAFFE + b'layer { type: "ReLU" bottom: "b" top: "a" } layer { type: "ReLU" bottom: "a" top: "b" }',
    "caffe, terabytes.prototxt": CAFFE.replace(b"dim: 7", b"dim: 9223372036854775807") + b'layer { type: "ReLU" bottom: "x" top: "y" }',
    "caffe, control.prototxt": CAFFE + b'layer { name: "\\033[2J" type: "ReLU" bottom: "\\033[2J" top: "y" }',
    "caffe, fields.prototxt": CAFFE + b"a: 1\n" * (12 * MIB),
    "caffe, layers.prototxt": CAFFE + b"layer { }\n" * (6 * MIB),
    "darknet, cut off.cfg": DARKNET + b"[convolutional",
    "darknet, a circle.cfg": DARKNET + b"[route]\nlayers=0\n",
    "darknet, terabytes.cfg": DARKNET.replace(b"=7", b"=99999999999999") + b"[dropout]\n",
    "darknet, control.cfg": DARKNET + b"\x1b]0;title\x07\n",
    "darknet, sections.cfg": DARKNET + b"[dropout]\n" * (6 * MIB),
    "darknet, comments.cfg": DARKNET + b"#a\n" * (20 * MIB),
    "torch, bomb.pt2": archive(b" " * (200 * MIB), packed=True),
    "torch, cut off.pt2": EXPORT[:-9],
    "torch, nested.pt2": archive('{"graph_module": {"graph": ' + "[" * 100_000),
    "torch, a circle.pt2": archive(graph({"x": (2, 3)}, {}, [(RELU[0], {"self": "y"}, {"z": (2, 3)}), (RELU[0], {"self": "z"}, {"y": (2, 3)})], ["y"])),
    "torch, terabytes.pt2": archive(graph({"x": (2, BIG, BIG, BIG)}, {}, [(RELU[0], RELU[1], {"y": (2, BIG, BIG, BIG)})], ["y"])),
    "torch, control.pt2": archive(graph({"x": (2, 3)}, {}, [(RELU[0], {"self": "\x1b[2J"}, {"y": (2, 3)})], ["y"])),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_one_clear_error(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, check=False, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = done.stderr.decode()
    assert done.returncode == 2, told[-2000:]
    assert "CNN-E" in told
    assert "Traceback" not in told
    assert not done.stdout
    assert not any(ord(char) < 32 and char not in "\n\t" for char in told)
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 2


def test_the_limit_is_one(tmp_path):
    code = LIMITED.partition("os.execv")[0] + "bytearray(600 << 20)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr
