"""Operators that read or write by index."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Sizes, misfit, text, wrong


def gather(call: Call) -> Sizes:
    """The indices' shape takes the place of the axis."""
    x, at = call.x(), call.x(1)
    axis = call.axis(call.count("axis", 0), len(x))
    return [x[:axis] + at + x[axis + 1 :]]


def gather_elements(call: Call) -> Sizes:
    """As many elements as indices."""
    x, at = call.x(), call.x(1)
    call.axis(call.count("axis", 0), len(x))
    if len(x) != len(at):
        raise misfit(f"indices {text(at)} and data {text(x)} have different ranks")
    return [at]


def gather_nd(call: Call) -> Sizes:
    """The last axis of the indices walks down the data's axes."""
    x, at = call.x(), call.x(1)
    batch = call.count("batch_dims", 0)
    if not at or not 0 <= batch < len(at) or batch + at[-1] > len(x):
        raise misfit(f"indices {text(at)} do not fit data {text(x)}")
    return [at[:-1] + x[batch + at[-1] :]]


def scatter(call: Call) -> Sizes:
    """Written into a copy of the data."""
    x, at, new = call.x(), call.shapes[1], call.shapes[2]
    call.axis(call.count("axis", 0), len(x))
    if at is not None and new is not None and (len(at) != len(x) or at != new):
        raise misfit(f"indices {text(at)} and updates {text(new)} do not fit data {text(x)}")
    return [x]


def scatter_nd(call: Call) -> Sizes:
    """Slices written into a copy of the data."""
    x, at, new = call.x(), call.shapes[1], call.shapes[2]
    if at is not None and new is not None:
        if not at or at[-1] > len(x) or new != at[:-1] + x[at[-1] :]:
            raise misfit(f"indices {text(at)} and updates {text(new)} do not fit data {text(x)}")
    return [x]


def tensor_scatter(call: Call) -> Sizes:
    """The cache, with an update in it."""
    x, new = call.x(), call.x(1)
    axis = call.axis(call.count("axis", -2), len(x))
    if axis == 0:
        raise wrong("axis 0 is the batch")
    if len(new) != len(x) or any(m != n for at, (m, n) in enumerate(zip(x, new, strict=True)) if at != axis):
        raise misfit(f"update {text(new)} does not fit the cache {text(x)}")
    return [x]


def one_hot(call: Call) -> Sizes:
    """A new axis with one place for every class."""
    x, depth = call.x(), call.const(1).values
    if len(depth) != 1:
        raise wrong(f"depth holds {len(depth)} values, not 1")
    axis = call.axis(call.count("axis", -1), len(x) + 1)
    return [(*x[:axis], int(depth[0]), *x[axis:])]


def feature_extractor(call: Call) -> Sizes:
    """ArrayFeatureExtractor: columns by number."""
    x, at = call.x(), call.x(1)
    count = at[-1] if at else 1
    return [(1, count) if len(x) == 1 else (*x[:-1], count)]
