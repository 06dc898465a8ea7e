"""The receptive field of random networks equals a brute-force set of indices, axis by axis."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import prod

import index_sets as slow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.api import analyze_data_network
from cnnshape.calculate import _Walk
from cnnshape.geometry.field import Field
from cnnshape.geometry.reach import Limits
from cnnshape.geometry.receptive import MAX_PERIOD, fold
from cnnshape.geometry.window import Window

CHANNELS = 8
SIZES = {1: (19,), 2: (13, 17), 3: (5, 7, 11)}
#: Tensors of more positions than this are not made larger.
WIDE = 40


class Drawing:
    """A network on the way: its items, and the slow side of every tensor in it."""

    def __init__(self, draw, rank):
        self.draw, self.rank = draw, rank
        self.items = []
        # name -> {input axis: (dimension or None, its positions)}
        self.tensors = {"image": {a: (a + 2, slow.image(n)) for a, n in enumerate(SIZES[rank])}}
        self.at = "image"
        self.odd = {"image"}  # tensors of another number of channels

    def usable(self):
        return [name for name in self.tensors if name not in self.odd]

    def eight_again(self):
        self.odd.add(self.at)
        self.spatial("conv", {"out_channels": CHANNELS, "kernel_size": 1}, [lambda x: x] * self.rank)

    def number(self, low, high):
        return self.draw(st.integers(low, high))

    def each(self, low, high):
        """One number per dimension, in the order of the dimensions."""
        return [self.number(low, high) for _ in range(self.rank)]

    def dims(self, name=None):
        return dict(self.tensors[name or self.at].values())

    def put(self, kind, fields, tensor, *, sources=None):
        if any(not axis for _, axis in tensor.values()):
            return
        name = f"n{len(self.items)}"
        self.items.append({kind: fields, "name": name, "from": sources or [self.at]})
        self.tensors[name] = tensor
        self.at = name

    def spatial(self, kind, fields, ways, *, sources=None):
        """A layer that reads dimension d + 2 by ways[d]."""
        tensor = {a: (dim, ways[dim - 2](axis)) for a, (dim, axis) in self.tensors[self.at].items()}
        self.put(kind, fields, tensor, sources=sources)

    # one method per kind of layer

    def conv(self):
        k, s, d = self.each(1, 4), self.each(1, 3), self.each(1, 2)
        word = self.draw(st.sampled_from([None, None, "same", "same_lower", "valid", "causal", "full"]))
        fields = {"out_channels": CHANNELS, "kernel_size": k, "stride": s, "dilation": d}
        if word in ("same", "same_lower"):
            ways = [lambda x, i=i: slow.same(x, k[i], s[i], d[i], lower=word == "same_lower") for i in range(self.rank)]
            return self.spatial("conv", {**fields, "padding": word}, ways)
        reach = [d[i] * (k[i] - 1) for i in range(self.rank)]
        pads = {
            "valid": [(0, 0)] * self.rank,
            "causal": [(r, 0) for r in reach],
            "full": [(r, r) for r in reach],
            None: [(self.number(0, 2), self.number(0, 2)) for _ in range(self.rank)],
        }[word]
        ways = [lambda x, i=i: slow.slide(x, k[i], s[i], d[i], *pads[i]) for i in range(self.rank)]
        return self.spatial("conv", {**fields, "padding": word or pads}, ways)

    def squeeze_to_one(self):
        """A convolution as large as the image."""
        k = [len(self.dims()[i + 2]) for i in range(self.rank)]
        if max(k) > WIDE:
            return
        ways = [lambda x, i=i: slow.slide(x, k[i], 1, 1, 0, 0) for i in range(self.rank)]
        self.spatial("conv", {"out_channels": CHANNELS, "kernel_size": k}, ways)

    def pool(self):
        k, s = self.each(1, 4), self.each(1, 3)
        pads = [(self.number(0, (n - 1) // 2),) * 2 for n in k]
        kind = self.draw(st.sampled_from(["max_pool", "avg_pool", "lp_pool"]))
        fields = {"kernel_size": k, "stride": s, "padding": pads}
        if any(len(self.dims()[i + 2]) + sum(pads[i]) < k[i] for i in range(self.rank)):
            return
        if self.draw(st.booleans()):
            ways = [lambda x, i=i: slow.slide_ceil(x, k[i], s[i], *pads[i]) for i in range(self.rank)]
            self.spatial(kind, {**fields, "ceil_mode": True}, ways)
        else:
            ways = [lambda x, i=i: slow.slide(x, k[i], s[i], 1, *pads[i]) for i in range(self.rank)]
            self.spatial(kind, fields, ways)

    def conv_transpose(self):
        if max(map(len, self.dims().values())) > WIDE:
            return
        k, s, d, b, a = self.each(1, 4), self.each(1, 3), self.each(1, 3), self.each(0, 2), self.each(0, 2)
        e = [self.number(0, max(s[i], d[i]) - 1) for i in range(self.rank)]
        fields = {"out_channels": CHANNELS, "kernel_size": k, "stride": s, "dilation": d, "output_padding": e}
        ways = [lambda x, i=i: slow.lay(x, k[i], s[i], d[i], b[i], a[i], e[i]) for i in range(self.rank)]
        self.spatial("conv_transpose", {**fields, "padding": list(zip(b, a, strict=True))}, ways)

    def upsample(self):
        if max(map(len, self.dims().values())) > WIDE:
            return
        mode = self.draw(st.sampled_from(["nearest", "linear", "cubic", "area"]))
        ns = [len(self.dims()[i + 2]) for i in range(self.rank)]
        if mode == "area" or self.draw(st.booleans()):
            outs = self.each(1, 23)
            factors = [Fraction(out, n) for out, n in zip(outs, ns, strict=True)]
            fields = {"size": outs, "mode": mode}
        else:
            words = [self.draw(st.sampled_from([1, 2, 3, 1.5, 0.5])) for _ in range(self.rank)]
            factors = [Fraction(word) for word in words]
            outs = [int(n * f) for n, f in zip(ns, factors, strict=True)]
            fields = {"scale_factor": words, "mode": mode}
        if min(outs) < 1:
            return
        if mode == "area":
            ways = [lambda x, i=i: slow.parts(x, outs[i]) for i in range(self.rank)]
        elif mode == "nearest":
            ways = [lambda x, i=i: slow.nearest(x, factors[i], outs[i]) for i in range(self.rank)]
        else:
            taps = {"linear": 2, "cubic": 4}[mode]
            aligned = self.draw(st.booleans())
            fields["align_corners"] = aligned
            places = [
                slow.corners(ns[i], outs[i]) if aligned else slow.centres(ns[i], factors[i], outs[i])
                for i in range(self.rank)
            ]
            ways = [lambda x, i=i: slow.between(x, places[i], taps) for i in range(self.rank)]
        self.spatial("upsample", fields, ways)

    def adaptive(self):
        outs = self.each(1, 9)
        kind = self.draw(st.sampled_from(["adaptive_avg_pool", "adaptive_max_pool"]))
        ways = [lambda x, i=i: slow.parts(x, outs[i]) for i in range(self.rank)]
        self.spatial(kind, outs, ways)

    def border(self):
        pads = [(self.number(0, 2), self.number(0, 2)) for _ in range(self.rank)]
        ways = [lambda x, i=i: slow.slide(x, 1, 1, 1, *pads[i]) for i in range(self.rank)]
        self.spatial("pad", {"padding": pads}, ways)

    def crop(self):
        cuts = [(self.number(0, 2), self.number(0, 2)) for _ in range(self.rank)]
        ways = [lambda x, i=i: x[cuts[i][0] : len(x) - cuts[i][1]] for i in range(self.rank)]
        self.spatial("crop", {"cropping": cuts}, ways)

    def cut(self):
        dim, start, step = self.number(2, self.rank + 1), self.number(-5, 3), self.number(1, 3)
        end = self.draw(st.sampled_from([None, -1, -2, 7]))
        ways = [lambda x: x] * self.rank
        ways[dim - 2] = lambda x: x[start:end:step]
        self.spatial("slice", {"dim": dim, "start": start, "end": end, "step": step}, ways)

    def split(self):
        dim = self.number(2, self.rank + 1)
        n = len(self.dims()[dim])
        if n > 3:
            whole, ends = self.tensors[self.at], [0, 2, n - 1, n]
            parts = [
                {a: (d, axis[first:last] if d == dim else axis) for a, (d, axis) in whole.items()}
                for first, last in pairwise(ends)
            ]
            self.put("split", {"sizes": [2, n - 3, 1], "dim": dim}, parts[0])
            name, part = self.at, self.number(0, 2)
            self.at = f"{name}[{part}]"
            self.tensors[self.at] = parts[part]

    def shuffle(self):
        up = self.draw(st.booleans())
        ns = [len(self.dims()[i + 2]) for i in range(self.rank)]
        if up:
            kind = self.draw(st.sampled_from(["pixel_shuffle", "depth_to_space"]))
            self.spatial(kind, 2, [lambda x: [seen for seen in x for _ in range(2)]] * self.rank)
        elif all(n % 2 == 0 for n in ns):
            kind = self.draw(st.sampled_from(["pixel_unshuffle", "space_to_depth"]))
            self.spatial(kind, 2, [lambda x: [slow.union(x[o : o + 2]) for o in range(0, len(x), 2)]] * self.rank)
        else:
            return
        self.eight_again()

    def swap(self):
        if self.rank > 1:
            dims = self.draw(st.permutations(range(2, self.rank + 2)))
            tensor = {a: (dims.index(dim) + 2, axis) for a, (dim, axis) in self.tensors[self.at].items()}
            self.put("permute", [0, 1, *dims], tensor)

    def mix(self):
        """Something over one whole dimension."""
        dim = self.number(2, self.rank + 1)
        kind = self.draw(st.sampled_from(["softmax", "layer_norm", "l2_norm", "instance_norm"]))
        n = len(self.dims()[dim])
        tensor = {
            a: (d, slow.everything(axis, len(axis)) if d == dim or kind == "instance_norm" else axis)
            for a, (d, axis) in self.tensors[self.at].items()
        }
        assert n
        self.put(kind, {} if kind == "instance_norm" else {"dim": dim}, tensor)

    def same_order(self, name):
        order = [dim for dim, _ in self.tensors[self.at].values()]
        return [dim for dim, _ in self.tensors[name].values()] == order

    def fits(self, name, but=None):
        here, there = self.dims(), self.dims(name)
        return self.same_order(name) and all(len(here[d]) == len(there[d]) or d == but for d in here)

    def gate(self):
        """Squeeze-excite: one value per channel, stretched over the image again."""
        before = self.at
        self.spatial("global_avg_pool", None, [lambda x: slow.everything(x, 1)] * self.rank)
        self.merge("mul", before)

    def merge(self, kind, other):
        tensor = {
            a: (dim, slow.hull([axis, self.tensors[other][a][1]])) for a, (dim, axis) in self.tensors[self.at].items()
        }
        self.put(kind, None, tensor, sources=[other, self.at])

    def join(self):
        here = self.dims()
        near = [
            name
            for name in self.usable()
            if name != self.at
            and self.same_order(name)
            and all(
                len(here[d]) == len(self.dims(name)[d]) or 1 in (len(here[d]), len(self.dims(name)[d])) for d in here
            )
        ]
        if near:
            kind = self.draw(st.sampled_from(["add", "mul", "maximum", "mean"]))
            self.merge(kind, self.draw(st.sampled_from(near)))

    def concat(self):
        dim = self.number(1, self.rank + 1)
        near = [n for n in self.usable() if self.fits(n, but=dim)]
        if not near:
            return
        other = self.draw(st.sampled_from(near))
        tensor = {}
        for a, (d, axis) in self.tensors[self.at].items():
            beside = self.tensors[other][a][1]
            both = slow.everything(beside + axis, len(beside) + len(axis)) if d == dim else slow.hull([beside, axis])
            tensor[a] = (d, both)
        self.put("concat", {"dim": dim}, tensor, sources=[other, self.at])
        if dim == 1:
            self.eight_again()

    def crop_like(self):
        near = [
            name
            for name in self.tensors
            if self.same_order(name) and all(len(self.dims(name)[d]) <= len(self.dims()[d]) for d in self.dims())
        ]
        other = self.draw(st.sampled_from(near))
        sizes = [len(self.dims(other)[i + 2]) for i in range(self.rank)]

        def middle(x, size):
            start = 0
            while len(x) - size - start > start + 1:  # as much in front as behind, an odd one behind
                start += 1
            return x[start : start + size]

        ways = [lambda x, i=i: middle(x, sizes[i]) for i in range(self.rank)]
        self.spatial("crop", None, ways, sources=[self.at, other])

    def resize_like(self):
        """Nearest upsampling to the size of an earlier tensor, and their sum: a feature pyramid."""
        near = [n for n in self.usable() if n != self.at and self.same_order(n)]
        if near:
            other = self.draw(st.sampled_from(near))
            outs = [len(self.dims(other)[i + 2]) for i in range(self.rank)]
            ns = [len(self.dims()[i + 2]) for i in range(self.rank)]
            ways = [lambda x, i=i: slow.nearest(x, Fraction(outs[i], ns[i]), outs[i]) for i in range(self.rank)]
            self.spatial("upsample", {"size": outs}, ways)
            self.merge("add", other)

    def back(self):
        """Go on from an earlier tensor."""
        self.at = self.draw(st.sampled_from(self.usable()))

    def end(self):
        """The axes end: what is left sees everything."""
        kind = self.draw(st.sampled_from(["flatten", "global_max_pool", "linear", None]))
        if kind is None:
            return
        tensor = {}
        for a, (dim, axis) in self.tensors[self.at].items():
            ends = kind != "linear" or dim == self.rank + 1
            tensor[a] = (None, slow.everything(axis, 1)) if ends else (dim, axis)
        self.put(kind, {"flatten": None, "global_max_pool": {"keepdim": False}, "linear": 3}[kind], tensor)


STEPS = [
    *["conv", "conv", "pool", "conv_transpose", "conv_transpose", "upsample", "upsample", "adaptive", "border", "crop"],
    *["cut", "split", "shuffle", "swap", "mix", "gate", "join", "join", "concat", "concat", "crop_like"],
    *["resize_like", "back", "squeeze_to_one"],
]


@st.composite
def networks(draw):
    rank = draw(st.sampled_from([1, 1, 2, 2, 3]))
    drawing = Drawing(draw, rank)
    drawing.spatial("conv", {"out_channels": CHANNELS, "kernel_size": 1}, [lambda x: x] * rank)
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=6)):
        getattr(drawing, step)()
    drawing.end()
    spec = {"inputs": {"image": [3, *SIZES[rank]]}, "layers": drawing.items}
    return spec, drawing.tensors


class Drawn(tuple):
    """Shows the network alone when a test fails."""

    __slots__ = ()

    def __repr__(self):
        return repr(self[0])


def fields_of(network):
    """name -> the field of every axis of the input, as the walk holds it."""
    walk = _Walk(network, 1, 4)
    walk.run()
    return dict(zip(walk.names, walk.trace.axes, strict=True))


def longest_period(report):
    """After how many outputs a pattern repeats at the latest, whatever axis it is on."""
    periods = {"conv_transpose": 3, "pixel_shuffle": 2, "depth_to_space": 2}
    resized = ("upsample", "adaptive_avg_pool", "adaptive_max_pool")
    return prod(max(r.output_shapes[0][2:]) if r.kind in resized else periods.get(r.kind, 1) for r in report.layers)


@given(networks().map(Drawn))
def test_the_field_equals_a_brute_force_index_set(drawn) -> None:
    spec, tensors = drawn
    network, report = analyze_data_network(spec)
    fields = fields_of(network)
    told_apart = set(tensors["image"])
    for row in report.layers:
        name = row.name if row.name in fields else f"{row.name}[0]"
        for a, (dim, axis) in tensors[row.name].items():
            found_dim, field, reach = fields[name][a]
            if field is None:
                assert longest_period(report) > MAX_PERIOD, row
                continue
            assert found_dim == dim, row
            if dim is not None:
                assert row.output_shapes[0][dim] == len(axis), row
            shown = row.receptive_field
            assert (shown.size[a], shown.jump[a], shown.start[a]) == (field.size, float(field.jump), field.start)
            hold(field, axis, row)
            if not field.jump and not all(seen.who for seen in axis):
                told_apart.discard(a)  # behind a layer that sees everything, positions in a border count as if they did
            hold_ends(field, reach, slow.union(axis).who, a in told_apart, row)


def hold_ends(field, reach, who, exact, row) -> None:
    """What is read on the way, and so what an axis that ends sees, runs from the first row of all sets to the last."""
    if who:
        (low, high), read = reach.hull(), (min(who), max(who))
        assert (low, high) == read if exact else low <= min(who) <= max(who) <= high, row
        assert field.jump or (field.start, field.start + field.size - 1) == (low, high), row


def hold(field, axis, row) -> None:
    """Every set lies inside of its interval; where no border had a part in it, the interval is its hull."""
    widths = []
    for o, seen in enumerate(axis):
        first, last = field.seen(o)
        assert last - first < field.size, row
        if field.table is None:
            assert first == field.start + o * field.jump, row
        if seen.who:
            assert first <= min(seen.who), (row, o)
            assert max(seen.who) <= last, (row, o)
            widths.append(max(seen.who) - min(seen.who) + 1)
        if seen.inside and (seen.who or field.jump):
            assert (first, last) == (min(seen.who), max(seen.who)) if seen.who else first > last, (row, o, seen)
    if widths and (
        all(seen.inside for seen in axis) or (field.table is None and any(s.inside and s.who for s in axis))
    ):
        assert field.size == max(widths), row


@given(
    st.lists(
        st.builds(Window, kernel=st.integers(1, 5), stride=st.integers(1, 4), before=st.integers(0, 3)), max_size=6
    )
)
def test_folding_layer_by_layer_equals_composing(chain) -> None:
    layer_by_layer = Field()
    for way in chain:
        layer_by_layer = fold(layer_by_layer, way, 10**6, Limits(0, 10**6 - 1))
    from_behind = Field()
    for way in reversed(chain):
        from_behind = Field.of(way).then(from_behind)
    assert layer_by_layer == from_behind


@pytest.mark.parametrize(
    "mixing",
    [
        {"local_response_norm": 3},
        {"channel_shuffle": 1},
        {"concat": {"dim": 1}},
        {"softmax": 1},
        {"layer_norm": 1},
        {"conv": {"out_channels": 13, "kernel_size": 1}},
        {"glu": 1},
    ],
    ids=lambda item: next(iter(item)),
)
def test_an_axis_among_the_channels_is_mixed_by_what_mixes_channels(mixing) -> None:
    height_first = {"permute": [0, 2, 3, 1], "name": "turned"}
    beside = {"from": ["turned", "turned"]} if "concat" in mixing else {}
    spec = {"input": [3, 26, 17], "layers": [height_first, {**mixing, **beside}]}
    row = analyze_data_network(spec)[1].layers[-1]
    assert row.receptive_field.size == (26, 1)


def test_a_layer_of_one_value_per_channel_leaves_an_axis_among_the_channels_alone() -> None:
    spec = {"input": [3, 26, 17], "layers": [{"permute": [0, 2, 3, 1]}, "batch_norm", "relu", {"scale": {}}]}
    for row in analyze_data_network(spec)[1].layers:
        assert row.receptive_field.size == (1, 1)


def test_a_border_reads_on_as_if_the_axis_did() -> None:
    """Whatever fills it: a reflected border shows other positions, but the field is that of the inside."""
    for mode in ("constant", "reflect", "replicate", "circular"):
        spec = {"input": [3, 13, 17], "layers": [{"pad": {"padding": 2, "mode": mode}}]}
        field = analyze_data_network(spec)[1].layers[0].receptive_field
        assert (field.size, field.start) == ((1, 1), (-2, -2))
