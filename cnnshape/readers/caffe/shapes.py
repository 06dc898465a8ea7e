"""Layers that move, cut and join: where the batch itself is cut or joined, the shape is stated whole."""

from __future__ import annotations

from math import prod

from cnnshape.errors import quoted
from cnnshape.layers.cut import Crop, Slice, Split
from cnnshape.layers.merge import Concat
from cnnshape.layers.rearrange import ChannelShuffle, DepthToSpace, PixelShuffle, SpaceToDepth
from cnnshape.layers.reshape import Flatten, Permute, Reshape
from cnnshape.readers.caffe.site import Site


def concat(site: Site) -> list[int]:
    """Along the channels, or `axis`."""
    own = site.fields.sub("concat_param")
    site.need(1, max(1, len(site.bottoms)))
    axis = site.axis(own, name="concat_dim") if own.has("concat_dim") else site.axis(own)
    if axis:
        return list(site.put(Concat(dim=axis), *site.bottoms))
    xs = [site.x(at) for at in range(len(site.bottoms))]
    if any(x[1:] != xs[0][1:] for x in xs):
        raise site.wrong(
            f"Concat along the batch needs all others equal: {', '.join(map(str, xs[:4]))}", code="CNN-E403"
        )
    return list(site.foreign((sum(x[0] for x in xs), *xs[0][1:])))


def cut(site: Site) -> list[int]:
    """At the given points, or into equal parts; one for each top."""
    site.need(1)
    own = site.fields.sub("slice_param")
    axis = site.axis(own, name="slice_dim") if own.has("slice_dim") else site.axis(own)
    x, tops = site.x(), site.tops
    if not tops:
        raise site.wrong(f"{site.op} has no top")
    if not x:
        raise site.wrong(f"{site.op} cuts an axis, and its input has none")
    points = own.integers("slice_point", 0)
    if points:
        if len(points) != tops - 1:
            raise own.wrong(
                own.offset("slice_point"), f"{len(points)} points cut into {len(points) + 1}, not {tops} tops"
            )
        ends = [*points, x[axis]]
        sizes = tuple(b - a for a, b in zip([0, *points], ends, strict=True))
        if min(sizes) < 1:
            raise own.wrong(own.offset("slice_point"), f"the points {quoted(points)} do not cut {x[axis]} of {x}")
    elif x[axis] % tops:
        raise site.wrong(f"{tops} tops do not divide {x[axis]} of {x}", code="CNN-E405")
    else:
        sizes = (x[axis] // tops,) * tops
    if tops == 1:
        return list(site.bottoms)
    if axis and tops <= 4096 and all(sizes):
        return list(site.put(Split(sizes=sizes, dim=axis), outputs=tops))
    return list(site.foreign(*[(*x[:axis], size, *x[axis + 1 :]) for size in sizes]))


def crop(site: Site) -> list[int]:
    """The first input cut to the size of the second from `axis` on; V1's fork centres by the layers between."""
    site.need(2)
    own = site.fields.sub("crop_param")
    axis, offsets = site.axis(own, 2), own.integers("offset", 0)
    x, wanted = site.x(), site.x(1)
    if len(wanted) != len(x):
        raise site.wrong(f"Crop needs inputs of one rank, but gets {x} and {wanted}", code="CNN-E403")
    if len(offsets) not in (0, 1, len(x) - axis):
        raise own.wrong(own.offset("offset"), f"offset is stated {len(offsets)} times for {len(x) - axis} axes")
    centred = not site.fields.has("crop_param") and site.fields.name == "layers"
    starts = offsets if len(offsets) > 1 else (offsets or [0]) * (len(x) - axis)
    if axis == 2 and 3 <= len(x) <= 5:
        offset = None if centred else tuple(starts)
        return list(site.put(Crop(offset=offset), *site.bottoms))
    value = site.bottoms[0]
    if axis == 0:
        return list(site.foreign(tuple(wanted)))
    for at in range(axis, len(x)):
        start, last = starts[at - axis], at == len(x) - 1
        if start + wanted[at] > x[at]:
            raise site.wrong(f"{wanted[at]} positions from {start} on do not fit into {x[at]} of {x}", code="CNN-E406")
        part = Slice(dim=at, start=start, end=start + wanted[at])
        (value,) = site.put(part, value, suffix="" if last else f"axis{at}")
    return [value]


def reshape(site: Site) -> list[int]:
    """0 keeps a size, -1 takes what is left."""
    site.need(1)
    own = site.fields.sub("reshape_param")
    x = site.x()
    dims = own.sub("shape").integers("dim", -1)
    start = own.integer("axis", 0, -len(x) - 1)
    start += len(x) + 1 if start < 0 else 0
    many = own.integer("num_axes", -1, -1)
    end = len(x) if many < 0 else start + many
    if not start <= end <= len(x):
        raise own.wrong(own.offset("axis"), f"axes {start} to {end} are not all in {x}")
    middle = []
    for at, dim in enumerate(dims):
        if dim == 0 and start + at >= len(x):
            raise own.wrong(own.offset("shape"), f"dim {at} keeps axis {start + at}, which {x} has not")
        middle.append(x[start + at] if dim == 0 else dim)
    sizes = [*x[:start], *middle, *x[end:]]
    if sizes.count(-1) > 1:
        raise own.wrong(own.offset("shape"), "more than one dim is -1")
    known = prod(size for size in sizes if size != -1)
    if -1 in sizes:
        if not known or x.numel % known:
            raise site.wrong(f"{x} has {x.numel} elements, no multiple of {known}", code="CNN-E403")
        sizes[sizes.index(-1)] = x.numel // known
    elif known != x.numel:
        raise site.wrong(f"{x} has {x.numel} elements, the new shape {known}", code="CNN-E403")
    if len(sizes) > 1 and sizes[:1] == [*x[:1]] and all(sizes):
        return list(site.put(Reshape(shape=tuple(sizes[1:]))))
    return list(site.foreign(tuple(sizes)))


def flatten(site: Site) -> list[int]:
    """The axes from `axis` to `end_axis` as one."""
    site.need(1)
    own = site.fields.sub("flatten_param")
    first, last = site.axis(own), site.axis(own, -1, "end_axis")
    x = site.x()
    if first > last:
        raise own.wrong(own.message.offset, f"there is no axis from {first} to {last}")
    if first:
        return list(site.put(Flatten(start_dim=first, end_dim=last)))
    return list(site.foreign((prod(x[: last + 1]), *x[last + 1 :])))


def permute(site: Site) -> list[int]:
    """SSD's: axes that are not named follow in their order."""
    site.need(1)
    own = site.fields.sub("permute_param")
    x = site.x()
    order = own.integers("order", 0, max(len(x) - 1, 0))
    if len(set(order)) != len(order):
        raise own.wrong(own.offset("order"), f"order names an axis twice: {quoted(order)}")
    order += [axis for axis in range(len(x)) if axis not in order]
    if order[0] == 0:
        return list(site.put(Permute(dims=tuple(order))))
    return list(site.foreign(tuple(x[axis] for axis in order)))


def tile(site: Site) -> list[int]:
    """One axis repeated."""
    site.need(1)
    own = site.fields.sub("tile_param")
    axis, x = site.axis(own), site.x()
    return list(site.foreign((*x[:axis], x[axis] * own.needed("tiles"), *x[axis + 1 :])))


def reorg(site: Site) -> list[int]:
    """YOLO's: space to channels, or back."""
    site.need(1)
    own = site.fields.sub("reorg_param")
    stride = own.integer("stride", 2, 1, 65536)
    back = own.flag("reverse", False)
    return list(site.put(DepthToSpace(block_size=stride) if back else SpaceToDepth(block_size=stride)))


def shuffle(site: Site) -> list[int]:
    """ShuffleNet's."""
    site.need(1)
    return list(site.put(ChannelShuffle(groups=site.fields.sub("shuffle_channel_param").integer("group", 1, 1, 65536))))


def pixel_shuffle(site: Site) -> list[int]:
    """Channels to space."""
    site.need(1)
    own = site.fields.sub("pixel_shuffle_param" if site.fields.has("pixel_shuffle_param") else "pixelshuffle_param")
    return list(site.put(PixelShuffle(upscale_factor=own.integer("upscale_factor", 2, 1, 65536))))
