"""Both kernels of the sliding kinds against each other, the calculator, torch and onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import convs, counted, pools, run, transposed
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnshape.forward.sliding import per_axis, sides, slides

every = st.one_of(convs(), transposed(), pools())


@settings(max_examples=150)
@given(every)
def test_fast_equals_the_plain_loops(drawn) -> None:
    layer, x = drawn
    _, fast, kit = run(layer, x)
    _, slow, judge = run(layer, x, "reference")
    np.testing.assert_allclose(fast, slow, rtol=1e-11, atol=1e-11)
    assert +kit.tally == +judge.tally
    assert {n: a.shape for n, a in kit.used.items()} == {n: a.shape for n, a in judge.used.items()}


@settings(max_examples=300)
@given(every)
def test_what_really_happens_is_what_is_calculated(drawn) -> None:
    layer, x = drawn
    _, y, kit = run(layer, x)
    assert y.shape == layer.out(x)
    assert dict(+kit.tally) == counted(layer, x)
    assert {name: array.shape for name, array in kit.used.items()} == layer.weights(x)
    assert y.base is None or y.base.nbytes == y.nbytes, "the result owns its memory and no more"


@pytest.mark.parametrize("many", [64, 200])
def test_channels_laid_last_are_the_same(many) -> None:
    from cnnshape.layers import Conv
    from cnnshape.shape import Shape

    layer = Conv(many * 2, kernel_size=(3, 2), stride=(2, 1), padding=1, groups=many)
    x = Shape(1, many, 7, 11)
    _, fast, kit = run(layer, x)
    _, slow, judge = run(layer, x, "reference")
    np.testing.assert_allclose(fast, slow, rtol=1e-11, atol=1e-11)
    assert kit.tally == judge.tally


def test_a_large_layer_is_done_in_stretches() -> None:
    # Larger than one matrix of columns on every rank: the stretches must meet.
    torch = pytest.importorskip("torch")
    from cnnshape.layers import Conv
    from cnnshape.shape import Shape

    for x in (Shape(1, 64, 20011), Shape(1, 96, 67, 71), Shape(1, 24, 9, 37, 41)):
        layer = Conv(5, kernel_size=3, padding=1)
        array, y, kit = run(layer, x)
        conv = getattr(torch.nn.functional, f"conv{len(x) - 2}d")
        theirs = conv(
            torch.from_numpy(array), torch.from_numpy(kit.used["weight"]), torch.from_numpy(kit.used["bias"]), padding=1
        )
        np.testing.assert_allclose(y, theirs.numpy(), rtol=1e-9, atol=1e-9)


def tensors(torch: Any, kit: Any) -> tuple[Any, Any]:
    bias = kit.used.get("bias")
    return torch.from_numpy(kit.used["weight"].copy()), None if bias is None else torch.from_numpy(bias.copy())


def explicit(layer: Any, array: Any, fill: float = 0.0) -> Any:
    """The input with the layer's padding really around it: torch pads alike on both sides only."""
    pads = [(a.before, a.after - a.overhang) for a in slides(layer, array.shape[2:])]
    return np.pad(array, [(0, 0), (0, 0), *pads], constant_values=fill)


@settings(max_examples=200)
@given(convs())
def test_conv_equals_torch(drawn) -> None:
    torch = pytest.importorskip("torch")
    layer, x = drawn
    array, y, kit = run(layer, x)
    conv = getattr(torch.nn.functional, f"conv{len(x) - 2}d")
    wide = torch.from_numpy(explicit(layer, array))
    theirs = conv(wide, *tensors(torch, kit), stride=layer.stride, dilation=layer.dilation, groups=layer.groups)
    np.testing.assert_allclose(y, theirs.numpy(), rtol=1e-10, atol=1e-10)


@settings(max_examples=200)
@given(transposed(words=()))
def test_conv_transpose_equals_torch(drawn) -> None:
    torch = pytest.importorskip("torch")
    layer, x = drawn
    array, y, kit = run(layer, x)
    rank = len(x) - 2
    conv = getattr(torch.nn.functional, f"conv_transpose{rank}d")
    theirs = conv(
        torch.from_numpy(array), *tensors(torch, kit), stride=layer.stride, output_padding=layer.output_padding,
        dilation=layer.dilation, groups=layer.groups,
    ).numpy()  # fmt: skip
    # torch cuts alike on both sides only: here the whole result is cut.
    cuts = [sides(p) for p in per_axis(layer.padding, rank)]
    sizes = theirs.shape[2:]
    extras = per_axis(layer.output_padding, rank)
    for (_before, after), n, extra in zip(cuts, sizes, extras, strict=True):
        if after > extra + n:
            return
    inner = tuple(slice(b, n - a) for (b, a), n in zip(cuts, sizes, strict=True))
    np.testing.assert_allclose(y, theirs[(slice(None), slice(None), *inner)], rtol=1e-10, atol=1e-10)


def symmetric(layer: Any) -> bool:
    """Whether torch can say this padding: a number per axis, at most half of the kernel."""
    kernel = layer.kernel_size
    pads = layer.padding if isinstance(layer.padding, tuple) else (layer.padding,)
    if any(isinstance(p, str) or (isinstance(p, tuple) and p[0] != p[1]) for p in pads):
        return False
    most = min(kernel) if isinstance(kernel, tuple) else kernel
    return all((p[0] if isinstance(p, tuple) else p) <= most // 2 for p in pads)


@settings(max_examples=300)
@given(pools(words=(), kinds=("MaxPool", "AvgPool")))
def test_pools_equal_torch(drawn) -> None:
    torch = pytest.importorskip("torch")
    layer, x = drawn
    average = layer.kind == "avg_pool"
    if (
        not symmetric(layer)
        or layer.ceil_mode == "caffe"
        or (average and layer.dilation not in (1, (1,) * (len(x) - 2)))
    ):
        return
    pads = tuple(p[0] if isinstance(p, tuple) else p for p in per_axis(layer.padding, len(x) - 2))
    array, y, _ = run(layer, x)
    own = (layer.kernel_size, layer.stride, pads)
    if average:
        pool = getattr(torch.nn, f"AvgPool{len(x) - 2}d")(*own, bool(layer.ceil_mode), layer.count_include_pad)
    else:
        pool = getattr(torch.nn, f"MaxPool{len(x) - 2}d")(*own, layer.dilation, ceil_mode=bool(layer.ceil_mode))
    np.testing.assert_allclose(y, pool(torch.from_numpy(array)).numpy(), rtol=1e-10, atol=1e-10)


def in_onnxruntime(op: str, feeds: dict[str, Any], **attributes: Any) -> Any:
    onnx, engine = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper

    node = helper.make_node(op, list(feeds), ["y"], **attributes)
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, a.shape) for n, a in feeds.items()]
    graph = helper.make_graph(
        [node],
        "one",
        values,
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [f"d{i}" for i in range(feeds["x"].ndim)])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.checker.check_model(model)
    options = engine.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = engine.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {n: a.astype(np.float32) for n, a in feeds.items()})[0]


def dialect(layer: Any, rank: int) -> dict[str, Any]:
    """The layer's padding as ONNX says it: a word, or begins and ends."""
    words = {"same": "SAME_UPPER", "same_upper": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}
    if isinstance(layer.padding, str):
        return {"auto_pad": words[layer.padding]}
    pairs = [sides(p) for p in per_axis(layer.padding, rank)]
    return {"pads": [p[0] for p in pairs] + [p[1] for p in pairs]}


@settings(max_examples=60)
@given(convs(words=("same", "same_upper", "same_lower", "valid")))
def test_conv_equals_onnxruntime(drawn) -> None:
    layer, x = drawn
    rank = len(x) - 2
    if isinstance(layer.padding, str) and layer.dilation not in (1, (1,) * rank) and layer.padding != "valid":
        return  # onnxruntime refuses dilation beside SAME
    array, y, kit = run(layer, x)
    feeds = {"x": array, "w": kit.used["weight"], **({"b": kit.used["bias"]} if layer.bias else {})}
    theirs = in_onnxruntime(
        "Conv", feeds, kernel_shape=per_axis(layer.kernel_size, rank), strides=per_axis(layer.stride, rank),
        dilations=per_axis(layer.dilation, rank), group=layer.groups, **dialect(layer, rank),
    )  # fmt: skip
    np.testing.assert_allclose(y, theirs, rtol=1e-4, atol=1e-5)


@settings(max_examples=60)
@given(transposed(words=("same", "same_upper", "same_lower")))
def test_conv_transpose_equals_onnxruntime(drawn) -> None:
    layer, x = drawn
    rank = len(x) - 2
    if layer.output_padding and isinstance(layer.padding, str):
        return  # beside a word, output_padding has no meaning of its own: the size is n * stride
    extents = [
        d * (k - 1) + 1 for d, k in zip(per_axis(layer.dilation, rank), per_axis(layer.kernel_size, rank), strict=True)
    ]
    if isinstance(layer.padding, str) and any(
        e < s for e, s in zip(extents, per_axis(layer.stride, rank), strict=True)
    ):
        return  # a kernel shorter than its stride: onnxruntime asks for negative padding and refuses
    array, y, kit = run(layer, x)
    feeds = {"x": array, "w": kit.used["weight"], **({"b": kit.used["bias"]} if layer.bias else {})}
    theirs = in_onnxruntime(
        "ConvTranspose", feeds, kernel_shape=per_axis(layer.kernel_size, rank), strides=per_axis(layer.stride, rank),
        dilations=per_axis(layer.dilation, rank), group=layer.groups,
        output_padding=per_axis(layer.output_padding, rank), **dialect(layer, rank),
    )  # fmt: skip
    np.testing.assert_allclose(y, theirs, rtol=1e-4, atol=1e-5)


@settings(max_examples=100)
@given(pools(kinds=("MaxPool", "AvgPool")))
def test_pools_equal_onnxruntime(drawn) -> None:
    layer, x = drawn
    rank = len(x) - 2
    if layer.ceil_mode == "caffe" or (layer.ceil_mode and isinstance(layer.padding, str)):
        return
    if isinstance(layer.padding, str) and layer.dilation not in (1, (1,) * rank):
        return
    kernel = per_axis(layer.kernel_size, rank)
    strides = kernel if layer.stride is None else per_axis(layer.stride, rank)
    if isinstance(layer.padding, str) and any(k < s for k, s in zip(kernel, strides, strict=True)):
        return  # onnxruntime makes a negative padding of it: microsoft/onnxruntime pool_attributes
    pairs = [] if isinstance(layer.padding, str) else [sides(p) for p in per_axis(layer.padding, rank)]
    if any(max(pair) >= k for pair, k in zip(pairs, kernel, strict=False)):
        return  # onnxruntime refuses it
    array, y, _ = run(layer, x)
    own = {
        "kernel_shape": kernel,
        "strides": strides,
        "dilations": per_axis(layer.dilation, rank),
        "ceil_mode": int(bool(layer.ceil_mode)),
        **dialect(layer, rank),
    }
    if layer.kind == "avg_pool":
        own["count_include_pad"] = int(layer.count_include_pad)
        if layer.ceil_mode and layer.count_include_pad:
            return  # onnxruntime divides by positions beyond the padding: onnx/onnx issue 5741
    theirs = in_onnxruntime("MaxPool" if layer.kind == "max_pool" else "AveragePool", {"x": array}, **own)
    np.testing.assert_allclose(y, theirs, rtol=1e-4, atol=1e-5)


@settings(max_examples=60)
@given(convs(), st.sampled_from([1, 7, 40]))
def test_stretches_of_any_length_are_the_same(drawn, windows) -> None:
    from unittest import mock

    from cnnshape.forward import conv

    layer, x = drawn
    _, whole, kit = run(layer, x)
    with mock.patch.object(conv, "WINDOWS", windows):
        _, found, other = run(layer, x)
    np.testing.assert_allclose(found, whole, rtol=1e-11, atol=1e-11)
    assert kit.tally == other.tally


@pytest.mark.parametrize("enough", [0, 10**9], ids=["some windows", "some channels"])
@settings(max_examples=40)
@given(drawn=convs(), threads=st.integers(2, 4))
def test_what_a_thread_takes_makes_no_difference(enough, drawn, threads) -> None:
    from unittest import mock

    from cnnshape.forward import conv
    from cnnshape.forward.blas import one_thread

    layer, x = drawn
    _, whole, kit = run(layer, x, "reference")
    with one_thread(), mock.patch.multiple(conv, LIGHT=-1, ENOUGH=enough, count=lambda: threads, alone=lambda: True):
        _, found, other = run(layer, x)
    np.testing.assert_allclose(found, whole, rtol=1e-11, atol=1e-11)
    assert +kit.tally == +other.tally


@pytest.mark.parametrize("short", [9**9, 1], ids=["channels last", "gathered"])
@settings(max_examples=90)
@given(drawn=convs())
def test_depthwise_ways_equal_the_plain_loops(short, drawn) -> None:
    from unittest import mock

    import msgspec

    from cnnshape.errors import LayerError
    from cnnshape.forward import depthwise
    from cnnshape.shape import Shape

    layer, x = drawn
    x = Shape(x[0], 5, *x[2:])
    layer = msgspec.structs.replace(layer, groups=5, out_channels=5 * (1 + layer.out_channels % 2))
    try:
        layer.out(x)
    except LayerError:
        return
    with mock.patch.multiple(depthwise, SHORT=short, FEW=1, BLOCK=50, COLUMNS=50):
        _, fast, kit = run(layer, x)
    _, slow, judge = run(layer, x, "reference")
    np.testing.assert_allclose(fast, slow, rtol=1e-11, atol=1e-11)
    assert +kit.tally == +judge.tally
