"""A layer without its notation: what two files may write in two ways, and mean one thing by."""

from __future__ import annotations

from struct import pack, unpack
from typing import Any

import msgspec

from cnnshape.geometry.transposed import Transposed
from cnnshape.shape import Shape

#: Fields in which one number stands for every axis.
AXES = ("kernel_size", "stride", "padding", "output_padding", "dilation", "scale_factor", "size", "output_size")


class Worded:  # noqa: PLW1641 - one word equals many numbers, so no hash would do
    """A layer whose padding is a word, and what the word comes to at the layer's input.

    It equals a layer that says the same word, and one that says those numbers.
    """

    __slots__ = ("kind", "layer", "numbers")

    def __init__(self, layer: Any, numbers: Any) -> None:
        """Both, as `plain` writes layers."""
        self.kind, self.layer, self.numbers = layer.kind, layer, numbers

    def __eq__(self, other: object) -> bool:
        """Whether the words are the same, or the numbers."""
        words, numbers = _both(other)
        return bool(self.layer == words or self.numbers == numbers)


def said(layer: Any, inputs: tuple[Shape, ...]) -> Any:
    """What a layer says, to be compared with `==`: the layer in plain notation, or `Worded`."""
    layer = plain(layer)
    if not isinstance(getattr(layer, "padding", None), str) or len(inputs) != 1 or not inputs[0].known:
        return layer
    if getattr(layer, "ceil_mode", False):
        return layer  # what it adds behind the last window is no padding that a file states
    ways = layer.windows(*inputs)
    numbers: dict[str, Any] = {"padding": tuple([(way.before, way.after) for way in ways])}
    if ways and isinstance(ways[0], Transposed):
        numbers["output_padding"] = tuple([way.extra for way in ways])
    return Worded(layer, plain(msgspec.structs.replace(layer, **numbers)))


def plain(layer: Any) -> Any:
    """The layer with one number where every axis has it, no word for no padding, and numbers that float32 can hold.

    A pool has its stride written out, and says nothing of a padding that it has not. A foreign row says nothing of the
    batch that it was written in: its shapes do.
    """
    fields: dict[str, Any] = {}
    for name in layer.__struct_fields__:
        value = getattr(layer, name)
        if value.__class__ is float:
            fields[name] = _single(value)
        elif name in AXES and value.__class__ is tuple:
            fields[name] = _per_axis(value)
    if layer.kind != "conv_transpose" and getattr(layer, "padding", None) == "valid":
        fields["padding"] = 0  # a transposed convolution fills up to a whole stride by it
    if getattr(layer, "stride", 0) is None:
        fields["stride"] = fields.get("kernel_size", layer.kernel_size)
    if fields.get("padding", getattr(layer, "padding", None)) == 0 and not getattr(layer, "count_include_pad", True):
        fields["count_include_pad"] = True
    if layer.kind == "foreign":
        fields["batch"] = None
    return msgspec.structs.replace(layer, **fields) if fields else layer


def differing(old: Any, new: Any) -> dict[str, tuple[Any, Any]]:
    """The fields in which two layers of one kind differ, as they are written: before, after."""
    before, after = _both(old), _both(new)
    in_numbers = getattr(before[0], "padding", None) != getattr(after[0], "padding", None)
    found = {}
    for name in before[0].__struct_fields__:
        a, b = [getattr(layer[in_numbers], name) for layer in (before, after)]
        if a != b:
            words = getattr(before[0], name), getattr(after[0], name)
            found[name] = words if words[0] != words[1] else (a, b)
    return found


def _both(said_layer: Any) -> tuple[Any, Any]:
    """The layer in its own words, and in numbers."""
    return (said_layer.layer, said_layer.numbers) if isinstance(said_layer, Worded) else (said_layer, said_layer)


def _per_axis(values: tuple[Any, ...]) -> Any:
    """The number that all axes have, on both sides where there are two; else what each has."""
    each = [_single(v) if v.__class__ is float else v[0] if _even(v) else v for v in values]
    return each[0] if each and each[0].__class__ is not tuple and len(set(each)) == 1 else tuple(each)


def _even(value: Any) -> bool:
    """Whether this is a pair of one number twice."""
    return value.__class__ is tuple and len(value) == 2 and value[0] == value[1]


def _single(value: float) -> float:
    """The number in few digits that single precision holds alike: files store either.

    >>> _single(0.30000001192092896), _single(1e-05), _single(1e300)
    (0.3, 1e-05, 1e+300)
    """
    try:
        held = unpack("<f", pack("<f", value))[0]
    except OverflowError:
        return value
    short = (float(f"{held:.{digits}g}") for digits in (6, 7, 8))
    return next((x for x in short if unpack("<f", pack("<f", x))[0] == held), held)
