"""Resize and Upsample by scales: the sizes that onnxruntime really gives, which multiplies in single precision."""

import random

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper
from onnx_files import model, network, node, sizes, value

from cnnshape.calculate import calculate
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.shapes import infer
from cnnshape.verify import verify

PAIRS = [(n, out) for n in range(1, 60) for out in range(1, 60)]


def session(kind, opset):
    """One that takes the scales as an input."""
    operands = ["x", "s"] if kind == "Upsample" or opset < 11 else ["x", "roi", "s"]
    roi = helper.make_tensor("roi", 1, [0], [])
    raw = model([node(kind, operands, ["y"])], [value("x", "nchw"), value("s", [4])], ["y"], [roi], opset)
    onnxruntime.set_default_logger_severity(4)
    return onnxruntime.InferenceSession(raw, providers=["CPUExecutionProvider"])


def ours(kind, opset, n, scale):
    operands, consts = ["x", "s"], [None, Const((4,), "float", (1.0, 1.0, float(scale), 1.0))]
    if kind == "Resize" and opset > 10:
        operands.insert(1, "")
        consts.insert(1, None)
    shapes = [(1, 1, n, 3), *[None if const is None else const.shape for const in consts[1:]]]
    return infer(Op(kind, "", "n", tuple(operands), ("y",), {}, opset), shapes, consts)[0]


CASES = [("Resize", 10), ("Resize", 11), ("Resize", 13), ("Resize", 18), ("Resize", 19), ("Upsample", 9)]


@pytest.mark.parametrize(("kind", "opset"), CASES)
def test_every_size_below_60_by_every_scale_is_as_onnxruntime_has_it(kind, opset):
    run = session(kind, opset)
    held = 0
    for n, out in PAIRS:
        if kind == "Upsample" and out < n:
            continue  # the engine refuses to make anything smaller
        scale = np.float32(out / n)
        fed = {"x": np.zeros((1, 1, n, 3), np.float32), "s": np.array([1, 1, scale, 1], np.float32)}
        assert ours(kind, opset, n, scale) == run.run(None, fed)[0].shape, (n, out)
        held += 1
    assert held >= 1770


@pytest.mark.parametrize("seed", range(20))
def test_upsample_by_an_attribute(seed):
    n, out = random.Random(seed).choice([pair for pair in PAIRS if pair[0] <= pair[1]])
    scales = [1.0, 1.0, out / n, 1.0]
    made = model([node("Upsample", ["x"], ["y"], scales=scales)], [value("x", (1, 1, n, 3))], ["y"], opset=7)
    onnxruntime.set_default_logger_severity(4)
    run = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    real = run.run(None, {"x": np.zeros((1, 1, n, 3), np.float32)})[0].shape
    assert sizes(made) == ["x".join(map(str, real))]


def test_a_product_that_only_single_precision_rounds_up_is_verified():
    scales = helper.make_tensor("s", 1, [4], [1.0, 1.0, 0.7, 0.7])
    made = model([node("Resize", ["x", "", "s"], ["y"])], [value("x", (1, 2, 10, 10))], ["y"], [scales])
    assert sizes(made) == ["1x2x7x7"]
    inferred = onnx.shape_inference.infer_shapes(onnx.load_from_string(made)).graph.output[0]
    assert [dim.dim_value for dim in inferred.type.tensor_type.shape.dim] == [1, 2, 6, 6]
    found, _ = network(made)
    assert verify(found, calculate(found)).verified
