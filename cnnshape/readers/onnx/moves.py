"""The same elements in another order or shape, some of them, or others in between."""

from __future__ import annotations

from typing import Any

from cnnshape.layers import BY_NAME
from cnnshape.readers.onnx.scope import Made, Scope


def identity(s: Scope) -> Made | None:  # noqa: ARG001
    """Identity, Cast: the elements themselves."""
    return Made(BY_NAME["identity"]())


def dropout(s: Scope) -> Made | None:
    """Dropout, an identity unless somebody trains."""
    ratio = s.number(1) if s.has(1) else s.get("ratio", 0.5)
    return Made(BY_NAME["dropout"](p=min(1.0, max(0.0, float(0.5 if ratio is None else ratio)))))


def concat(s: Scope) -> Made | None:
    """Concat behind the batch."""
    rank = len(s.y)
    axis = s.get("axis", 1)
    axis = axis + rank if axis < 0 else axis
    return Made(BY_NAME["concat"](dim=axis), tuple(range(len(s.values)))) if axis > 0 else None


def split(s: Scope) -> Made | None:
    """Split into the sizes that the outputs have."""
    axis = s.get("axis", 0)
    axis = axis + len(s.x()) if axis < 0 else axis
    if axis == 0 or None in s.outs:
        return None
    sizes = tuple([out[axis] for out in s.outs if out is not None])
    layer = BY_NAME["split"](dim=axis, sizes=sizes)
    return Made(layer, outputs=len(sizes)) if len(sizes) > 1 else Made(BY_NAME["identity"]())


def slice_(s: Scope) -> Made | None:
    """Slice: one axis forwards, or several spatial ones by steps of 1 as a crop."""
    x = s.x()
    if s.opset and s.opset < 10:
        starts, ends, axes = s.attributes.get("starts"), s.attributes.get("ends"), s.attributes.get("axes")
        steps: Any = None
    else:
        starts, ends = s.ints(1), s.ints(2)
        axes, steps = s.ints(3) if s.has(3) else None, s.ints(4) if s.has(4) else None
        if (s.has(3) and axes is None) or (s.has(4) and steps is None):
            return None
    if starts is None or ends is None:
        return None
    axes = tuple([axis % len(x) for axis in (axes if axes is not None else range(len(starts)))])
    steps = steps or (1,) * len(starts)
    if min(steps, default=1) < 1:
        return None
    cuts: dict[int, tuple[int, int, int]] = {}
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        first, last, _ = slice(start, end, step).indices(x[axis])
        if (first, last, step) != (0, x[axis], 1):
            cuts[axis] = (first, last, step)
    if not cuts:
        return Made(BY_NAME["identity"]())
    if len(cuts) == 1:
        ((axis, (first, last, step)),) = cuts.items()
        end = None if last == x[axis] else last
        return Made(BY_NAME["slice"](dim=axis, start=first, end=end, step=step)) if axis else None
    if min(cuts) < 2 or any(step != 1 for *_, step in cuts.values()):
        return None
    found = [cuts.get(axis, (0, x[axis], 1)) for axis in range(2, len(x))]
    cropping = tuple([(first, x[axis] - last) for axis, (first, last, _) in enumerate(found, start=2)])
    return Made(BY_NAME["crop"](cropping=cropping))


def transpose(s: Scope) -> Made | None:
    """Transpose that leaves the batch in front."""
    perm = tuple(s.get("perm", None) or range(len(s.x()))[::-1])
    if perm == tuple(range(len(s.x()))):
        return Made(BY_NAME["identity"]())
    return Made(BY_NAME["permute"](dims=perm)) if perm[0] == 0 else None


def reshape(s: Scope) -> Made | None:
    """Reshape, Flatten: anything that leaves the batch in front."""
    x, y = s.x(), s.y
    if x == y:
        return Made(BY_NAME["identity"]())
    if not x or len(y) < 2 or x[0] != y[0]:
        return None
    if len(y) == 2 and len(x) > 2:
        return Made(BY_NAME["flatten"]())
    return Made(BY_NAME["reshape"](shape=y[1:]))


def squeeze(s: Scope) -> Made | None:
    """Squeeze behind the batch."""
    axes = s.axes()
    x = s.x()
    gone = tuple(
        sorted({axis % len(x) for axis in axes} if axes is not None else {d for d, n in enumerate(x) if n == 1})
    )
    if not gone:
        return Made(BY_NAME["identity"]())
    return Made(BY_NAME["squeeze"](dim=gone if len(gone) > 1 else gone[0])) if gone[0] else None


def unsqueeze(s: Scope) -> Made | None:
    """Unsqueeze by one dimension; several are a reshape."""
    x, y = s.x(), s.y
    axes = s.axes()
    if axes is None or not x or x[0] != y[0] or any(axis % len(y) == 0 for axis in axes):
        return None
    return Made(BY_NAME["unsqueeze"](dim=axes[0] % len(y))) if len(axes) == 1 else Made(BY_NAME["reshape"](shape=y[1:]))


def pad(s: Scope) -> Made | None:
    """Pad of spatial axes; negative ones cut."""
    x = s.x()
    pads = s.ints(1) if s.opset >= 11 or not s.opset else s.attributes.get("pads")
    if pads is None:
        return None
    axes = s.ints(3) if s.has(3) else tuple(range(len(x)))
    if axes is None or len(pads) != 2 * len(axes):
        return None
    pairs = dict.fromkeys(range(len(x)), (0, 0))
    for at, axis in enumerate(axes):
        pairs[axis % len(x)] = (pads[at], pads[at + len(axes)])
    borders = tuple([pairs[axis] for axis in range(2, len(x))])
    if any(pairs[axis] != (0, 0) for axis in range(min(2, len(x)))):
        return None
    if not any(map(any, borders)):
        return Made(BY_NAME["identity"]())
    if all(max(pair) <= 0 for pair in borders):
        return Made(BY_NAME["crop"](cropping=tuple([(-before, -after) for before, after in borders])))
    if any(min(pair) < 0 for pair in borders):
        return None
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}.get(
        s.get("mode", "constant")
    )
    return Made(BY_NAME["pad"](padding=borders, mode=mode)) if mode else None


def resize(s: Scope) -> Made | None:
    """Resize, Upsample of spatial axes."""
    x, y = s.x(), s.y
    if not 3 <= len(x) <= 5 or x[:2] != y[:2] or s.get("coordinate_transformation_mode", "") == "tf_crop_and_resize":
        return None
    rank = len(x) - 2
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    word = s.get("mode", "nearest")
    word = word.decode() if isinstance(word, bytes) else word
    mode = {
        "nearest": "nearest",
        "linear": linear,
        "bilinear": linear,
        "cubic": "bicubic" if rank == 2 else "cubic",
    }.get(word)
    if mode is None:
        return None
    corners = s.get("coordinate_transformation_mode", "half_pixel") == "align_corners"
    factors = [size // n if n and size % n == 0 else 0 for n, size in zip(x[2:], y[2:], strict=True)]
    if min(factors) >= 1:
        factor: Any = factors[0] if factors.count(factors[0]) == rank else tuple(factors)
        return Made(BY_NAME["upsample"](scale_factor=factor, mode=mode, align_corners=corners))
    return Made(BY_NAME["upsample"](size=y[2:], mode=mode, align_corners=corners))


def depth_to_space(s: Scope) -> Made | None:
    """DepthToSpace."""
    mode = "CRD" if s.get("mode", "DCR") == "CRD" else "DCR"
    return Made(BY_NAME["depth_to_space"](block_size=s.get("blocksize", 1), mode=mode))


def space_to_depth(s: Scope) -> Made | None:
    """SpaceToDepth."""
    return Made(BY_NAME["space_to_depth"](block_size=s.get("blocksize", 1)))


def expand(s: Scope) -> Made | None:
    """Expand, Tile to the shape that is there already."""
    return Made(BY_NAME["identity"]()) if s.x() == s.y else None
