"""Operators that slide a window: convolutions and pools, and back."""

from __future__ import annotations

from math import prod

from cnnshape.errors import LayerError
from cnnshape.geometry.padding import resolve
from cnnshape.readers.onnx.call import Call, Size, Sizes, misfit, text, wrong

WORDS = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower"}


def each(call: Call, name: str, rank: int, default: int = 1, least: int = 1) -> Size:
    """One number per spatial axis."""
    found = call.sizes(name)
    found = (default,) * rank if found is None else found
    if len(found) != rank:
        raise wrong(f"{name} has {len(found)} numbers, the input has {rank} spatial dimensions")
    if min(found, default=least) < least:
        raise wrong(f"{name} is {list(found)}, at least {least} is needed")
    return found


def padding(call: Call, rank: int) -> list[tuple[int, int]] | str:
    """Explicit positions before and after every axis, or one of the words."""
    word = call.word("auto_pad", "NOTSET")
    if word in WORDS:
        return WORDS[word]
    if word not in ("NOTSET", "VALID"):
        raise wrong(f"auto_pad is {word!r:.40}")
    pads = None if word == "VALID" else call.sizes("pads")
    pads = (0,) * (2 * rank) if pads is None else pads
    if len(pads) != 2 * rank:
        raise wrong(f"pads has {len(pads)} numbers, the input has {rank} spatial dimensions")
    if min(pads, default=0) < 0:  # onnx and onnxruntime refuse it as well, of all operators with pads but Pad
        raise wrong(f"pads is {list(pads)}, at least 0 is needed; a Pad or Slice before it takes positions away")
    return list(zip(pads[:rank], pads[rank:], strict=True))


def slid(call: Call, spatial: Size, kernel: Size, *, dilated: bool = True, ceil: bool = False) -> Size:
    """How often the window fits, per axis.

    With `ceil`, a last window that would begin behind the input is dropped, as onnxruntime does for every opset; SAME
    knows no ceil.
    """
    rank = len(spatial)
    strides = each(call, "strides", rank)
    dilations = each(call, "dilations", rank) if dilated else (1,) * rank
    pads = padding(call, rank)
    found = []
    for at, n in enumerate(spatial):
        extent = dilations[at] * (kernel[at] - 1) + 1
        stated = pads if isinstance(pads, str) else pads[at]
        before, after = resolve(stated, n, extent, strides[at], ceil and not isinstance(pads, str))
        if n + before + after < extent:
            message = f"the window of {extent} is larger than the input of {n} with padding {before} and {after}"
            raise LayerError("CNN-E401", message)
        found.append((n + before + after - extent) // strides[at] + 1)
    return tuple(found)


def kernel_of(call: Call, spatial: Size, weight: Size | None = None) -> Size:
    """The window, from the attribute or from the weight."""
    stated = call.sizes("kernel_shape")
    if stated is None and weight is not None:
        stated = weight[2:]
    if stated is None:
        raise wrong("attribute kernel_shape is missing")
    if len(stated) != len(spatial) or min(stated, default=1) < 1:
        raise wrong(f"kernel {list(stated)} does not fit {len(spatial)} spatial dimensions")
    return stated


def conv_of(call: Call, x: Size, w: Size) -> Size:
    """What a convolution of this weight gives."""
    if len(x) < 3 or len(w) != len(x):
        raise LayerError("CNN-E404", f"input {text(x)} and weight {text(w)} do not have the same 3 or more dimensions")
    groups = call.count("group", 1)
    if groups < 1 or w[1] * groups != x[1] or w[0] % groups:
        raise LayerError(
            "CNN-E402", f"weight {text(w)} in {groups} groups does not fit the {x[1]} channels of {text(x)}"
        )
    return (x[0], w[0], *slid(call, x[2:], kernel_of(call, x[2:], w)))


def conv(call: Call) -> Sizes:
    """Conv, ConvInteger."""
    return [conv_of(call, call.x(), call.x(1))]


def qlinear_conv(call: Call) -> Sizes:
    """QLinearConv: the weight is the fourth input."""
    return [conv_of(call, call.x(), call.x(3))]


def deform_conv(call: Call) -> Sizes:
    """Every position of the window has an offset of its own."""
    return [conv_of(call, call.x(), call.x(1))]


def causal_conv(call: Call) -> Sizes:
    """CausalConvWithState: as long as the input, and the last k-1 positions to begin with the next time."""
    x, w = call.x(0, 3), call.x(1, 3)
    if w[0] != x[1] or w[1] != 1:
        raise misfit(f"weight {text(w)} does not fit the {x[1]} channels of {text(x)}")
    return [x, (*x[:2], w[2] - 1)]


def conv_transpose(call: Call) -> Sizes:
    """(n - 1) * stride + extent - padding + output_padding, unless output_shape says otherwise."""
    x, w = call.x(), call.x(1)
    if len(x) < 3 or len(w) != len(x):
        raise LayerError("CNN-E404", f"input {text(x)} and weight {text(w)} do not have the same 3 or more dimensions")
    groups, rank = call.count("group", 1), len(x) - 2
    if groups < 1 or w[0] != x[1] or x[1] % groups:
        raise LayerError(
            "CNN-E402", f"weight {text(w)} in {groups} groups does not fit the {x[1]} channels of {text(x)}"
        )
    kernel = kernel_of(call, x[2:], w)
    strides, dilations = each(call, "strides", rank), each(call, "dilations", rank)
    extra = each(call, "output_padding", rank, 0, 0)
    stated = call.sizes("output_shape")
    if stated is not None:
        if len(stated) not in (rank, rank + 2):
            raise wrong(f"output_shape has {len(stated)} numbers, the input has {rank} spatial dimensions")
        return [(x[0], w[1] * groups, *stated[-rank:])]
    pads = padding(call, rank)
    found = []
    for at, n in enumerate(x[2:]):
        full = (n - 1) * strides[at] + dilations[at] * (kernel[at] - 1) + 1 + extra[at]
        found.append(min(full, n * strides[at]) if isinstance(pads, str) else full - sum(pads[at]))
    if min(found) < 1:
        raise misfit(f"the padding leaves nothing of {text(x)}")
    return [(x[0], w[1] * groups, *found)]


def pool(call: Call) -> Sizes:
    """MaxPool (with indices), AveragePool, LpPool."""
    x = call.x()
    if len(x) < 3:
        raise LayerError("CNN-E404", f"{text(x)} has no spatial dimension")
    sizes = slid(call, x[2:], kernel_of(call, x[2:]), ceil=bool(call.count("ceil_mode", 0)))
    return [x[:2] + sizes] * 2


def global_pool(call: Call) -> Sizes:
    """One number per channel."""
    x = call.x()
    if len(x) < 2:
        raise LayerError("CNN-E404", f"{text(x)} has no channels")
    return [x[:2] + (1,) * (len(x) - 2)]


def max_unpool(call: Call) -> Sizes:
    """MaxPool backwards."""
    x = call.x()
    rank = len(x) - 2
    if rank < 1:
        raise LayerError("CNN-E404", f"{text(x)} has no spatial dimension")
    if call.has(2):
        stated = call.ints(2)
        if len(stated) != len(x):
            raise misfit(f"output_shape {list(stated)} does not fit {text(x)}")
        return [stated]
    kernel, strides = kernel_of(call, x[2:]), each(call, "strides", rank)
    pads = padding(call, rank)
    around = [0] * rank if isinstance(pads, str) else [sum(pair) for pair in pads]
    return [x[:2] + tuple([(n - 1) * strides[at] + kernel[at] - around[at] for at, n in enumerate(x[2:])])]


def col2im(call: Call) -> Sizes:
    """Columns of blocks become an image."""
    x, image, block = call.x(0, 3), call.ints(1), call.ints(2)
    size = prod(block)
    if len(image) != len(block) or size < 1 or x[1] % size:
        raise misfit(f"{text(x)} holds no blocks of {list(block)} for an image of {list(image)}")
    return [(x[0], x[1] // size, *image)]
