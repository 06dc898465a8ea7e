"""The operators of onnxruntime's own domain, com.microsoft, that its tools put into files."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Size, Sizes, UnknownError, broadcast, misfit, text, wrong
from cnnshape.readers.onnx.shapes.cut import joined
from cnnshape.readers.onnx.shapes.matrix import product


def binary(call: Call) -> Sizes:
    """QLinearAdd, QLinearMul: the second operand is the fourth input."""
    return [broadcast(call.x(), call.x(3))]


def qlinear_concat(call: Call) -> Sizes:
    """Scale and zero point of the output first, then threes of tensor, scale and zero point."""
    xs = [call.x(at) for at in range(2, max(3, len(call.op.inputs)), 3)]
    return [joined(xs, call.axis(call.count("axis"), len(xs[0])))]


def qlinear_where(call: Call) -> Sizes:
    """Condition, then X and Y with a scale and a zero point each."""
    return [broadcast(call.x(), call.x(1), call.x(4))]


def qgemm(call: Call) -> Sizes:
    """A and B with a scale and a zero point each."""
    a, b = call.x(0, 2), call.x(3, 2)
    a = a[::-1] if call.count("transA", 0) else a
    b = b[::-1] if call.count("transB", 0) else b
    if a[1] != b[0]:
        raise misfit(f"{text(a)} and {text(b)} do not multiply: {a[1]} is not {b[0]}")
    return [(a[0], b[1])]


def fused_matmul(call: Call) -> Sizes:
    """MatMul with either factor transposed; or its first axis may be the rows, in front of those of the batch."""
    a, b = call.x(), call.x(1)
    moved = [bool(call.count(f"transBatch{letter}", 0)) for letter in "AB"]
    if any(moved) and (len(a) != len(b) or len(a) < 3):
        raise misfit(
            f"transBatchA and transBatchB take two factors of equally many axes, 3 or more: {text(a)}, {text(b)}"
        )
    left = turned(a, call.count("transA", 0), batch=moved[0])
    return [product(left, turned(b, call.count("transB", 0), batch=moved[1]))]


def turned(x: Size, flag: int, *, batch: bool = False) -> Size:
    """The last two axes exchanged; with `batch`, the first axis is put behind those of the batch before.

    >>> turned((2, 3, 5, 7), 1), turned((2, 3, 5, 7), 0, batch=True), turned((2, 3, 5, 7), 1, batch=True)
    ((2, 3, 7, 5), (3, 5, 2, 7), (3, 5, 7, 2))
    """
    x = (*x[1:-1], x[0], x[-1]) if batch and len(x) > 2 else x
    return (*x[:-2], x[-1], x[-2]) if flag and len(x) > 1 else x


def matmul_nbits(call: Call) -> Sizes:
    """MatMulNBits: the weight is packed, its sizes K and N are attributes."""
    x, k, n = call.x(), call.count("K"), call.count("N")
    if not x or x[-1] != k:
        raise misfit(f"{text(x)} and {k}x{n} do not multiply")
    return [(*x[:-1], n)]


def skip_norm(call: Call) -> Sizes:
    """SkipLayerNormalization: the output, mean, deviation, and the sum before."""
    x = call.x()
    kept = (*x[:-1], 1)
    return [x, kept, kept, x]


def packed_attention(call: Call) -> Sizes:
    """Attention: queries, keys and values come out of one weight."""
    x, w = call.x(0, 3), call.x(1, 2)
    sizes = call.sizes("qkv_hidden_sizes")
    hidden = sizes[2] if sizes is not None and len(sizes) == 3 else w[1] // 3
    return [(*x[:2], hidden)]


def multi_head_attention(call: Call) -> Sizes:
    """As long as the queries, as wide as the values."""
    q = call.x()
    if len(q) != 3 or not call.has(2):
        raise UnknownError
    v = call.x(2)
    return [(*q[:2], v[2] if len(v) == 3 else v[1] * v[3])]


def group_query_attention(call: Call) -> Sizes:
    """Like the queries; packed ones hold keys and values as well."""
    q = call.x(0, 3)
    if call.has(1):
        return [q]
    heads, groups = call.count("num_heads"), call.count("kv_num_heads")
    if heads < 1 or groups < 1:
        raise wrong("num_heads or kv_num_heads is wrong")
    return [(*q[:2], q[2] // (heads + 2 * groups) * heads)]


def embedding(call: Call) -> Sizes:
    """EmbedLayerNormalization: an embedding per token, a length per example."""
    n, length = call.x(0, 2)
    return [(n, length, call.x(2, 2)[1]), (n,), (n, length, call.x(2, 2)[1])]


def global_average(call: Call) -> Sizes:
    """QLinearGlobalAveragePool, channels first or last."""
    x = call.x()
    if call.count("channels_last", 0):
        return [(x[0], *(1,) * (len(x) - 2), x[-1])]
    return [x[:2] + (1,) * (len(x) - 2)]


def like_first(call: Call) -> Sizes:
    """The first input's shape; other outputs are not known."""
    return [call.x()]
