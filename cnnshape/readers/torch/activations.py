"""Activations, elementary functions, dropout."""

from __future__ import annotations

from cnnshape.readers.torch.op import Builder, Made, Op


def plain(kind: str) -> Builder:
    """A function without fields."""
    return lambda op: op.plain(kind)


def one(kind: str, field: str) -> Builder:
    """A function with one field of the same name in torch."""

    def build(op: Op) -> Made | None:
        value = op.arg(field)
        return op.plain(kind) if value is None else op.plain(kind, **{field: value})

    return build


def exponent(power: float) -> Builder:
    """A power under a name of its own."""
    return lambda op: op.plain("power", exponent=power)


def power(op: Op) -> Made | None:
    """A tensor to a fixed power."""
    if op.ref("exponent") is not None or op.ref("self") is None:
        return None
    value = float(op.arg("exponent"))
    return op.plain("square") if value == 2 else op.plain("power", exponent=value)


def softplus(op: Op) -> Made | None:
    """log(1 + exp(beta * x)) / beta."""
    return op.plain("softplus", beta=float(op.arg("beta", 1)), threshold=float(op.arg("threshold", 20)))


def rrelu(op: Op) -> Made | None:
    """A leaky ReLU with its mean slope."""
    return op.plain("rrelu", lower=float(op.arg("lower", 0.125)), upper=float(op.arg("upper", 1 / 3)))


def hardtanh(op: Op) -> Made | None:
    """X held between two numbers, 0 and 6 by a name of their own."""
    low, high = float(op.arg("min_val", -1)), float(op.arg("max_val", 1))
    return op.plain("relu6") if (low, high) == (0, 6) else op.plain("hardtanh", min_val=low, max_val=high)


def clamp(op: Op) -> Made | None:
    """X held between two numbers, or on one side."""
    if op.ref("min", "max") is not None:
        return None
    low, high = op.arg("min"), op.arg("max")
    if low is not None and high is not None:
        return op.plain("clip", low=float(low), high=float(high))
    return op.plain("relu") if low == 0 else None


def prelu(op: Op) -> Made | None:
    """A learned slope."""
    weight = op.weight("weight")
    if weight is None:
        return None
    return Made(op.kind("prelu", num_parameters=weight.numel), (op.x(),), [weight], 0)


def along(kind: str) -> Builder:
    """A function along one dimension that is not the first."""

    def build(op: Op) -> Made | None:
        rank, dim = len(op.shape()), op.arg("dim", -1)
        dim = dim % rank if rank else 0
        return op.plain(kind, dim=dim) if dim else None

    return build


def drop(kind: str) -> Builder:
    """Dropout, an identity here."""
    return lambda op: op.plain(kind, p=float(op.arg("p", 0.5)))
