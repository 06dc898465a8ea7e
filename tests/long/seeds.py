"""What the fuzzer starts from: small inputs of every format, our own and those that others made."""

from __future__ import annotations

import json
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
#: Larger files only slow the fuzzer down.
MOST = 48_000
SUFFIXES = {
    "spec": (".yaml", ".toml"),
    "onnx": (".onnx",),
    "keras": (".json",),
    "caffe": (".prototxt",),
    "darknet": (".cfg",),
    "torch": (".pt2",),
}


def gathered(target, folders):
    """The bytes of every seed: made here, and files of the format below the given folders."""
    found = list(_MADE[target]())
    for folder in folders:
        paths = sorted(path for path in Path(folder).rglob("*") if path.suffix in SUFFIXES[target])
        found += [path.read_bytes() for path in paths if path.stat().st_size < MOST]
    return sorted({bytes(data) for data in found if len(data) < MOST}, key=len)


def _blocks(language):
    """The fenced blocks of the documentation in one language."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for part in page.read_text(encoding="utf-8").split(f"\n```{language}")[1:]:
            yield part.partition("\n")[2].partition("\n```")[0].encode()


def _spec():
    import yaml

    for path in sorted((ROOT / "cnnshape" / "zoo").glob("*.yaml")):
        yield path.read_bytes()
    for text in _blocks("yaml"):
        yield text
        yield b"input: 3x13x17\nlayers:\n" + text
        try:
            yield json.dumps(yaml.safe_load(text)).encode()
        except (yaml.YAMLError, TypeError, ValueError):
            continue
    yield from _blocks("toml")
    yield from _blocks("json")
    yield b'name = "a"\ninput = "3x7x11"\n[[layers]]\nconv = {out_channels = 5, kernel_size = 3}\n[[layers]]\nrelu = {}\n'


def _onnx():
    try:
        import onnx
    except ImportError:
        return
    from onnx import helper

    yield from (
        p.read_bytes()
        for p in Path(onnx.__file__).parent.glob("backend/test/data/*/*/*.onnx")
        if p.stat().st_size < 6000
    )
    shape = helper.make_tensor_value_info("x", 1, ("N", 3, 13, 11))
    weight = helper.make_tensor("w", 1, (5, 3, 3, 3), bytes(540), raw=True)
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4), helper.make_node("Shape", ["y"], ["s"])]
    nodes += [
        helper.make_node("Reshape", ["y", "s"], ["z"]),
        helper.make_node("MaxPool", ["z"], ["o"], kernel_shape=[2, 3]),
    ]
    out = helper.make_tensor_value_info("o", 1, None)
    graph = helper.make_graph(nodes, "g", [shape], [out], [weight])
    yield helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]).SerializeToString()


def _keras():
    sys.path.insert(0, str(TESTS / "readers"))
    import test_keras_files as files
    import test_keras_graphs as graphs
    import test_keras_layers as layers
    from keras_files import call3, functional, layer, sequential, source, tensor

    nets = [value for room in (files, graphs, layers) for value in vars(room).values() if isinstance(value, dict)]
    nets = [net for net in nets if "class_name" in net]
    kinds = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose")
    rows = [
        layer(kind, filters=5, kernel_size=[3, 2], padding="same", strides=[2, 1], activation="relu") for kind in kinds
    ]
    nets.append(sequential(source(17, 13, 3), *rows, layer("MaxPooling2D"), layer("Flatten"), layer("Dense", units=7)))
    rows = [layer("LSTM", units=5, return_sequences=True), layer("GRU", units=3), layer("Dense", units=2)]
    nets.append(sequential(source(17, 3), *rows))
    joined = call3(layer("Add", "add"), [[tensor("x"), tensor("c")]])
    conv = call3(layer("Conv2D", "c", filters=3, kernel_size=3, padding="same"), [tensor("x")])
    nets.append(functional([source(17, 13, 3), conv, joined], ["x"], [["add", 0, 0]]))
    for net in nets:
        raw = json.dumps(net).encode()
        yield raw
        for variable, version in ((True, 0), (False, 2)):
            yield files.hdf5(raw, version=version, variable=variable)
        yield files.archive(raw.decode())


def _caffe():
    sys.path.insert(0, str(TESTS / "readers"))
    import caffe_nets

    yield caffe_nets.LENET.encode()
    for kind, fields in (
        ("Convolution", "convolution_param { num_output: 5 kernel_h: 3 kernel_w: 2 pad: 1 group: 1 }"),
        ("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 }"),
        ("InnerProduct", "inner_product_param { num_output: 5 axis: -1 }"),
        ("Reshape", "reshape_param { shape { dim: 0 dim: -1 } }"),
        ("Slice", "slice_param { axis: 2 slice_point: 3 }"),
        ("Crop", "crop_param { axis: 2 offset: 1 }"),
        ("LSTM", "recurrent_param { num_output: 5 }"),
    ):
        yield (caffe_nets.HEAD + caffe_nets.layer(kind, fields=fields)).encode()


def _darknet():
    yield b"[net]\nwidth=32\nheight=24\nchannels=3\n[convolutional]\nfilters=6\nsize=3\npad=1\nbatch_normalize=1\n[maxpool]\n"
    yield from (text for text in _blocks("ini") if b"[" in text)


def _torch():
    sys.path.insert(0, str(TESTS / "readers"))
    import torch_archives

    raw = json.dumps(torch_archives.NET).encode()
    yield raw
    yield torch_archives.archive(torch_archives.NET)
    yield torch_archives.archive(torch_archives.NET, packed=True)
    yield from (path.read_bytes() for path in sorted(torch_archives.DATA.glob("*.json")))


_MADE = {"spec": _spec, "onnx": _onnx, "keras": _keras, "caffe": _caffe, "darknet": _darknet, "torch": _torch}
