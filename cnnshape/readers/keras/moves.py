"""Dense layers and embeddings, and what gives the same elements another shape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnnshape.errors import LayerError, quoted
from cnnshape.readers.keras.activations import activated
from cnnshape.readers.keras.call import Call, wrong
from cnnshape.readers.keras.tensor import Tensor, channels, held, regrouped, same


def dense(c: Call) -> Tensor:
    """Dense on the last axis. Where the image lies as N, C, *space that is a convolution of 1: nothing is moved."""
    return activated(
        c, projected(c, c.x, c.whole("units"), c.flag("use_bias", default=True)), c.config.get("activation")
    )


def projected(c: Call, x: Tensor, units: int, bias: bool, suffix: str = "") -> Tensor:
    """A matrix on the last axis of a tensor."""
    order = x.order
    rank = len(order) if order else len(c.shape(x))
    if order and 3 <= rank <= 5 and order[-1] == 1:
        fields = {"out_channels": units, "kernel_size": 1, "bias": bias}
        return c.node("conv", fields, [x], order, suffix)
    if rank < 2:
        raise LayerError("CNN-E404", f"{c.kind} needs features, but gets {quoted(c.shape(x))}")
    if order and order[-1] != rank - 1:
        x = c.want(x, same(rank))
    return c.node("linear", {"out_features": units, "bias": bias}, [x], x.order, suffix)


def embedding(c: Call) -> Tensor:
    """Embedding: a vector for every index."""
    rank = c.x.rank or len(c.shape())
    x = c.want(c.x, same(rank))
    fields = {"num_embeddings": c.whole("input_dim"), "embedding_dim": c.whole("output_dim")}
    return c.node("embedding", fields, [x], same(rank + 1))


def flatten(c: Call) -> Tensor:
    """Flatten. The elements come in our order: which unit of the next layer reads which one is a matter of names."""
    rank = c.x.rank or len(c.shape())
    keep = c.steps + 1
    if rank == keep:
        return c.node("unsqueeze", {"dim": keep}, [c.x], same(keep + 1))
    x = c.want(c.x, same(rank)) if c.steps else c.x
    return c.node("flatten", {"start_dim": keep}, [x], same(keep + 1))


def reshape(c: Call) -> Tensor:
    """Reshape to a target without the batch."""
    target = c.get("target_shape", [])
    if not isinstance(target, list):
        raise wrong(f"target_shape is {quoted(target)}, not a list of sizes")
    shape = c.shape()
    return reshaped(c, c.x, [*shape[: 1 + c.steps], *target])


def reshaped(c: Call, x: Tensor, target: Sequence[Any], suffix: str = "") -> Tensor:
    """The same elements under another Keras shape, whose batch is the input's own; one size may be -1."""
    shape = c.shape(x)
    sizes = [shape[0], *target[1:]]
    if any(not isinstance(n, int) or isinstance(n, bool) or n < -1 for n in sizes) or sizes.count(-1) > 1:
        raise wrong(f"a shape {quoted(list(target))} is none")
    have, known = prod(shape[1:]), prod(n for n in sizes[1:] if n != -1)
    if (-1 in sizes and (known == 0 or have % known)) or (-1 not in sizes and have != known):
        raise LayerError("CNN-E403", f"{quoted(list(shape[1:]))} cannot be read as {quoted(sizes[1:])}")
    sizes = [have // known if n == -1 else n for n in sizes]
    if len(shape) == 2 and len(sizes) >= 4:  # features come in no order that anything depends on
        order: Any = channels(len(sizes))
    else:
        order = regrouped(shape, sizes, x.order or same(len(shape)))
        if order is None:
            x, order = c.want(x, same(len(shape))), same(len(sizes))
    return c.node("reshape", {"shape": held(sizes, order)[1:]}, [x], order, suffix)


def permute(c: Call) -> Tensor:
    """Permute; its axes count from 1."""
    dims = c.get("dims", [])
    rank = c.x.rank or len(c.shape())
    if not isinstance(dims, list) or sorted(map(str, dims)) != sorted(map(str, range(1, rank))):
        raise wrong(f"dims {quoted(dims)} are no order of the axes from 1 to {rank - 1}")
    return permuted(c, c.x, [0, *dims])


def permuted(c: Call, x: Tensor, axes: Sequence[int], suffix: str = "") -> Tensor:
    """The axes in another order; ours keep the places that they had."""
    order = x.order or same(len(axes))
    dims = [0] * len(axes)
    for k, axis in enumerate(axes):
        dims[order[k]] = order[axis]
    return c.node("permute", {"dims": dims}, [x], order, suffix)


def repeat(c: Call) -> Tensor:
    """RepeatVector: the features, n times one behind the other."""
    shape = c.shape()
    if len(shape) != 2:
        raise LayerError("CNN-E404", f"RepeatVector needs features, but gets {quoted(shape)}")
    return c.foreign([shape[0], c.whole("n"), shape[1]], 0, 0)[0]


def einsum(c: Call) -> Tensor:
    """EinsumDense: the equation tells the kernel's shape, and every product of all letters is one multiply-accumulate."""
    equation, shape = str(c.get("equation", "")), c.shape()
    left, arrow, out = equation.partition("->")
    given, comma, kernel = left.partition(",")
    if not arrow or not comma or len(equation) > 200:
        raise wrong(f"equation {quoted(equation)} is none of two arrays")
    before = len(shape) - len(given.replace("...", ""))
    free = "0123456789"[:before] if "..." in equation else ""
    given, out = (given.replace("...", free), out.replace("...", free))
    if len(given) != len(shape):
        raise wrong(f"equation {quoted(equation)} does not fit the {len(shape)} axes of {quoted(shape)}")
    sizes = dict(zip(given, shape, strict=True))
    wanted = c.get("output_shape", [])
    wanted = wanted if isinstance(wanted, list) else [wanted]
    for letter, size in zip(reversed(out), reversed(wanted), strict=False):
        if isinstance(size, int):
            sizes.setdefault(letter, size)
    if any(letter not in sizes for letter in kernel + out):
        raise wrong(f"equation {quoted(equation)} leaves a size open")
    biased = c.get("bias_axes", "")
    count = prod(sizes[letter] for letter in kernel)
    bias = prod(sizes.get(letter, 1) for letter in str(biased)) if biased else 0
    macs = prod(sizes[letter] for letter in set(given + kernel))
    y = c.foreign([sizes[letter] for letter in out], count + bias, macs)[0]
    return activated(c, y, c.config.get("activation"))
