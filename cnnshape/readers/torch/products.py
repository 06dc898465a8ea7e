"""Matrix products, attention, embeddings."""

from __future__ import annotations

from math import prod

from cnnshape.readers.torch import batch
from cnnshape.readers.torch.op import FREE, Made, Op
from cnnshape.readers.torch.weights import Const, Weight


def linear(op: Op) -> Made | None:
    """A linear map by a parameter; by a computed matrix a foreign row with the same cost."""
    x, weight = op.shape("input"), op.shape("weight")
    learned = op.weights("weight", "bias")
    if len(x) < 2 or len(weight) != 2:
        return Made(weights=learned, macs=prod(x) * (weight[0] if len(weight) == 2 else 1))
    bias = op.ref("bias") is not None
    return _by_matrix(op, "input", "weight", weight[0], learned, bias=bias)


def addmm(op: Op) -> Made | None:
    """A bias and a product, which is what a linear layer becomes."""
    a, b = op.shape("mat1"), op.shape("mat2")
    return _by_matrix(op, "mat1", "mat2", b[1], op.weights("mat2", "self"), bias=True, macs=prod(a) * b[1])


def _by_matrix(
    op: Op, x: str, matrix: str, width: int, learned: list[Weight], *, bias: bool, macs: int | None = None
) -> Made:
    """A linear layer where the matrix, and the bias that there is, are parameters."""
    macs = prod(op.shape(x)) * width if macs is None else macs
    if op.weight(matrix) is None or len(learned) != 1 + bias or op.weight(x) is not None:
        return Made(macs=macs)
    return Made(op.kind("linear", out_features=width, bias=bias), (op.x(x),), learned, macs)


def matmul(op: Op) -> Made | None:
    """A product of two tensors, one of which may be a parameter."""
    first = "self" if op.ref("self") is not None else "input"
    second = next(name for name in ("other", "mat2", "vec", "tensor") if op.ref(name) is not None)
    if len(op.names.program.meta(op.call.outputs[0]).shape or ()) > 2:
        batch.settle(op.names, (op.ref(first), op.ref(second)))
    a, b = op.shape(first), op.shape(second)
    macs = _product(a, b)
    if len(b) == 2 and len(a) > 1 and op.weight(second) is not None:
        return _by_matrix(op, first, second, b[1], op.weights(second), bias=False, macs=macs)
    fixed = [isinstance(op.names.get(ref), (Weight, Const)) for ref in (op.ref(first), op.ref(second)) if ref]
    if len(a) < 3 or len(b) < 3 or any(fixed):
        return Made(macs=macs)
    return Made(op.kind("matmul"), (op.x(first), op.x(second)), macs=macs)


def _product(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """The multiply-accumulates of torch.matmul."""
    if not a or not b:
        raise TypeError("matmul needs at least one dimension")
    rows, columns = (a[-2] if len(a) > 1 else 1), (b[-1] if len(b) > 1 else 1)
    left, right = a[:-2], b[:-2]
    rank = max(len(left), len(right))
    left, right = (1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right
    return prod(map(max, left, right)) * rows * columns * a[-1]


def baddbmm(op: Op) -> Made | None:
    """A batched product added to a tensor."""
    return Made(macs=_product(op.shape("batch1"), op.shape("batch2")))


def addmv(op: Op) -> Made | None:
    """A matrix by a vector, added to a vector."""
    return Made(macs=_product(op.shape("mat"), op.shape("vec")))


def tensordot(op: Op) -> Made | None:
    """A product that sums over some dimensions of each: every number of one meets the free ones of the other."""
    a, b, dims = op.shape("self"), op.shape("other"), op.arg("dims_other", [])
    if [a[dim] for dim in op.arg("dims_self", [])] != [b[dim] for dim in dims]:
        return Made()
    shared = {dim % len(b) for dim in dims}
    return Made(macs=prod(a) * prod(size for dim, size in enumerate(b) if dim not in shared))


def inner(op: Op) -> Made | None:
    """A product that sums over the last dimension of each."""
    return Made(macs=prod(op.shape("self")) * prod(op.shape("other")[:-1]))


def einsum(op: Op) -> Made | None:
    """A product over letters: of two tensors every combination of them costs one."""
    from cnnshape.readers.torch.program import refs

    equation = str(op.arg("equation", "")).replace(" ", "")
    operands = [op.names.shape(ref) for ref in refs(op.call.args.get("tensors"))]
    terms = equation.split("->")[0].split(",")
    if len(terms) != len(operands) or "." in equation:
        return Made()
    if len(operands) == 1:
        return FREE
    if len(operands) > 2 or None in operands:
        return Made()
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, operands, strict=True):
        for letter, size in zip(term, shape or (), strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    return Made(macs=prod(sizes.values()))


def bilinear(op: Op) -> Made | None:
    """x1 A x2 + b."""
    weight, bias = op.shape("weight"), op.ref("bias") is not None
    layer = op.kind("bilinear", out_features=weight[0], bias=bias)
    return Made(layer, (op.x("input1"), op.x("input2")), op.weights("weight", "bias"))


def embedding(op: Op) -> Made | None:
    """A table of vectors."""
    count, width = op.shape("weight")
    layer = op.kind("embedding", num_embeddings=count, embedding_dim=width)
    return Made(layer, (op.x("indices"),), op.weights("weight"), 0)


def attention(op: Op) -> Made | None:
    """Scaled dot-product attention; with a mask, or with fewer heads of keys than of queries, a foreign row."""
    batch.settle(op.names, (op.ref("query"), op.ref("key"), op.ref("value")))
    q, k, v = op.shape("query"), op.shape("key"), op.shape("value")
    macs = prod(q) * k[-2] + prod(q[:-1]) * k[-2] * v[-1]
    plain = op.ref("attn_mask", "attn_bias") is None and not op.arg("is_causal", default=False)
    if not plain or len(q) < 3 or k[:-1] != v[:-1] or q[:-2] != k[:-2]:
        return Made(macs=macs)
    return Made(op.kind("scaled_dot_product_attention"), (op.x("query"), op.x("key"), op.x("value")), macs=macs)
