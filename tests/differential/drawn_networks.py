"""Random networks: chains and graphs of every kind that computes, on sequences, images, volumes and vectors.

Everything comes from one random.Random, so a number names a network; Hypothesis may stand in for it and shrink.
"""

from __future__ import annotations

import math

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.network import Input, Network, Node
from cnnshape.shape import Shape

#: A tensor, and a layer's weights, are no larger than this: thousands of networks have to run.
MOST, MOST_WEIGHTS = 6000, 40_000
WORDS = ("same", "same_upper", "same_lower", "valid", "full", "causal")
PLAIN = sorted(
    {kind for kind in L.KINDS if kind.arity == (1, 1) and all(d is not None for d in kind.__struct_defaults__)}
    - {kind for kind in L.KINDS if len(kind.__struct_defaults__) < len(kind.__struct_fields__)},
    key=lambda kind: kind.kind,
)
ARITHMETIC = (L.Add, L.Sub, L.Mul, L.Div, L.Maximum, L.Minimum, L.Mean)


class Draw:
    """A network that grows by one layer at a time."""

    def __init__(self, rng):
        self.rng = rng
        self.batch = rng.choice((1, 2, 3))
        rank = rng.choice((0, 1, 1, 2, 2, 2, 3))
        sizes = ((11, 13, 17, 23), (7, 11, 13, 17), (3, 5, 7, 8))[max(rank, 1) - 1]
        count = rng.choice((1, 1, 1, 2))
        shape = tuple(rng.choice(sizes) for _ in range(rank))
        channels = [rng.choice((1, 2, 3, 4, 6, 7, 8, 12)) for _ in range(count)]
        self.inputs = [Input(f"in{n}", (c, *shape)) for n, c in enumerate(channels)]
        self.shapes = [Shape(self.batch, *t.shape) for t in self.inputs]
        self.nodes = []

    def network(self):
        """The whole; every value that nobody reads is an output."""
        wanted = self.rng.randint(1, 14)
        graph = self.rng.random() < 0.6
        for _ in range(8 * wanted):
            if len(self.nodes) == wanted:
                break
            self.grow(graph)
        used = {value for node in self.nodes for value in node.inputs}
        outputs = [value for node in self.nodes for value in node.outputs if value not in used]
        return Network("drawn", self.inputs, self.nodes, tuple(outputs), "drawn.yaml"), self.batch

    def grow(self, graph):
        """Add a layer, if what is drawn fits."""
        at = self.rng.randrange(len(self.shapes)) if graph and self.rng.random() < 0.4 else len(self.shapes) - 1
        values, share = [at], None
        old = [n for n in self.nodes if n.share is None and n.layer.kind != "embedding"]
        old = [n for n in old if n.layer.weights(*[self.shapes[v] for v in n.inputs])]
        if old and self.rng.random() < 0.05:
            first = self.rng.choice(old)
            layer, share = first.layer, first.name
            values = list(first.inputs) if len(first.inputs) > 1 else values
            alike = len(self.shapes[values[0]]) == len(self.shapes[first.inputs[0]])  # else a file holds them twice
            if not alike or self.weighed(first.layer, first.inputs) != self.weighed(layer, values):
                return
        else:
            layer, values = self.layer(at)
        try:
            xs = tuple([self.shapes[value] for value in values])
            outs = layer.outs(*xs)
            size = layer.params(*xs)
        except LayerError:
            return
        if size > MOST_WEIGHTS or any(not 0 < y.numel <= MOST or len(y) > 6 for y in outs):
            return
        first = len(self.shapes)
        outputs = tuple(range(first, first + len(outs)))
        name = f"{layer.kind}{len(self.nodes)}"
        self.nodes.append(Node(name, layer, tuple(values), outputs, path=(name,), share=share))
        self.shapes += outs

    def weighed(self, layer, values):
        try:
            xs = [self.shapes[value] for value in values]
            layer.outs(*xs)
            return layer.weights(*xs), layer.buffers(*xs)
        except LayerError:
            return None

    def layer(self, at):
        """A layer for a value, and the values that it takes."""
        rng, x = self.rng, self.shapes[at]
        makers = [self.plain, self.move, self.norm, self.merge, self.other]
        if 3 <= len(x) <= 5:
            makers += [self.conv, self.conv, self.pool, self.pool, self.resize, self.border]
        if len(x) == 3:
            makers += [self.recurrent, self.attention]
        made = rng.choice(makers)(x)
        return made if isinstance(made, tuple) else (made, [at])

    # one value, or one per axis

    def each(self, rank, *values):
        rng = self.rng
        return rng.choice(values) if rng.random() < 0.5 else tuple(rng.choice(values) for _ in range(rank))

    def padding(self, rank):
        rng = self.rng
        kind = rng.randrange(4)
        if kind == 0:
            return rng.choice(WORDS)
        if kind == 1:
            return tuple((rng.randint(0, 2), rng.randint(0, 2)) for _ in range(rank))
        return self.each(rank, 0, 1, 1, 2)

    # families

    def conv(self, x):
        rng, rank, c = self.rng, len(x) - 2, x[1]
        divisors = [g for g in range(1, c + 1) if c % g == 0]
        groups = rng.choice((1, 1, rng.choice(divisors)))
        fields = {
            "out_channels": groups * rng.choice((1, 2, 3, 5)),
            "kernel_size": self.each(rank, 1, 2, 3, 3, 5),
            "stride": self.each(rank, 1, 1, 2, 3),
            "padding": self.padding(rank),
            "dilation": self.each(rank, 1, 1, 1, 2, 3),
            "groups": groups,
            "bias": rng.random() < 0.6,
        }
        if rng.random() < 0.3:
            return L.ConvTranspose(**fields, output_padding=self.each(rank, 0, 0, 1))
        return L.Conv(**fields)

    def pool(self, x):
        rng, rank = self.rng, len(x) - 2
        if rng.random() < 0.25:
            kind = rng.choice((L.GlobalAvgPool, L.GlobalMaxPool))
            return kind(keepdim=rng.random() < 0.7)
        if rng.random() < 0.25:
            return rng.choice((L.AdaptiveAvgPool, L.AdaptiveMaxPool))(self.each(rank, 1, 2, 3, 5))
        fields = {
            "kernel_size": self.each(rank, 1, 2, 2, 3, 3, 5),
            "stride": rng.choice((None, self.each(rank, 1, 2, 3))),
            "padding": self.padding(rank),
            "dilation": self.each(rank, 1, 1, 1, 2),
            "ceil_mode": rng.choice((False, False, True, "caffe", "onnx", "torch")),
        }
        kind = rng.choice((L.MaxPool, L.MaxPool, L.AvgPool, L.LpPool))
        if kind is L.AvgPool:
            fields["count_include_pad"] = rng.random() < 0.5
        return kind(**fields)

    def resize(self, x):
        rng, rank = self.rng, len(x) - 2
        mode, corners = rng.choice(("nearest", "linear", "bicubic", "area")), rng.random() < 0.3
        if rng.random() < 0.5:
            return L.Upsample(size=self.each(rank, 1, 3, 5, 7), mode=mode, align_corners=corners)
        factor = self.each(rank, 1, 2, 3, 1.5, 0.5, 2.5, 0.7)
        return L.Upsample(scale_factor=factor, mode=mode, align_corners=corners)

    def border(self, x):
        rng, rank = self.rng, len(x) - 2
        if rng.random() < 0.3:
            return (
                L.Crop(size=self.each(rank, 1, 2, 3)) if rng.random() < 0.5 else L.Crop(cropping=self.each(rank, 0, 1))
            )
        modes = ("constant", "zeros", "reflect", "replicate", "circular")
        pads = rng.choice((1, 2, tuple((rng.randint(0, 2), rng.randint(0, 2)) for _ in range(rank))))
        return L.Padding(padding=pads, mode=rng.choice(modes))

    def recurrent(self, _):
        rng = self.rng
        fields = {"num_layers": rng.choice((1, 1, 2)), "bias": rng.random() < 0.7, "bidirectional": rng.random() < 0.4}
        fields["recurrent_bias"] = rng.random() < 0.8
        return rng.choice((L.Rnn, L.Lstm, L.Gru))(rng.choice((2, 3, 5)), **fields)

    def attention(self, x):
        rng, heads = self.rng, [h for h in range(1, x[2] + 1) if x[2] % h == 0]
        return L.MultiHeadAttention(rng.choice(heads), bias=rng.random() < 0.7)

    def plain(self, _):
        return self.rng.choice(PLAIN)()

    def norm(self, x):
        rng, c = self.rng, x[1] if len(x) > 1 else 1
        dims = list(range(1, len(x))) or [1]
        dim = rng.choice((1, -1, rng.choice(dims), tuple(sorted(rng.sample(dims, rng.randint(1, len(dims)))))))
        one = dim if isinstance(dim, int) else 1
        return rng.choice(
            (
                L.BatchNorm(affine=rng.random() < 0.7, track_running_stats=rng.random() < 0.8),
                L.BatchNorm(scale=rng.random() < 0.5, bias=rng.random() < 0.5),
                L.InstanceNorm(affine=rng.random() < 0.5),
                L.GroupNorm(rng.choice([g for g in range(1, c + 1) if c % g == 0]), affine=rng.random() < 0.7),
                L.LayerNorm(dim=dim, elementwise_affine=rng.random() < 0.7, bias=rng.random() < 0.7),
                L.RmsNorm(dim=dim, elementwise_affine=rng.random() < 0.7),
                L.LocalResponseNorm(size=rng.choice((1, 2, 3, 5, 9))),
                L.L2Norm(dim=one, scale=rng.random() < 0.5),
                L.Scale(dim=one, bias=rng.random() < 0.5),
                L.Standardize(dim=dim, stored=rng.random() < 0.7, count=rng.random() < 0.3),
                L.PRelu(per_channel=rng.random() < 0.5),
                rng.choice((L.Softmax, L.Softmin, L.LogSoftmax, L.Glu))(dim=one),
            )
        )

    def move(self, x):
        rng, rank = self.rng, len(x)
        dim = rng.randint(1, max(1, rank - 1))
        n = x[dim] if dim < rank else 1
        rest = list(range(1, rank))
        start, step = rng.randint(-n, n), rng.choice((1, 1, 2, 3))
        factors = [k for k in range(1, n + 1) if n % k == 0]
        total, part = math.prod(x[1:]), rng.choice((1, 2, 3))
        cut = rng.randint(0, n)
        return rng.choice(
            (
                L.Flatten()
                if rng.random() < 0.5
                else L.Flatten(start_dim=dim, end_dim=rng.randint(dim, max(dim, rank - 1))),
                L.Reshape((-1, part)) if total % part == 0 else L.Reshape((total,)),
                L.Permute((0, *rng.sample(rest, len(rest)))),
                L.Squeeze() if rng.random() < 0.5 else L.Squeeze(dim=dim),
                L.Unsqueeze(rng.randint(1, rank)),
                L.Slice(dim=dim, start=start, end=rng.choice((None, rng.randint(-n, n + 2))), step=step),
                L.Split(rng.choice(factors), dim=dim),
                L.Split(sizes=(cut, n - cut), dim=dim) if 0 < cut < n else L.Split(1, dim=dim),
                L.ChannelShuffle(rng.choice([g for g in range(1, x[1] + 1) if x[1] % g == 0] if rank > 1 else [1])),
                rng.choice((L.PixelShuffle, L.DepthToSpace, L.PixelUnshuffle, L.SpaceToDepth))(rng.choice((1, 2, 3))),
            )
        )

    def merge(self, x):
        rng = self.rng
        values = [n for n, y in enumerate(self.shapes) if len(y) == len(x)]
        alike = [n for n in values if self.shapes[n] == x]
        kind = rng.choice((*ARITHMETIC, L.Concat, L.Concat, L.Matmul, L.Bilinear, L.ScaledDotProductAttention, L.Crop))
        pool = alike if rng.random() < 0.6 else values
        first = rng.choice(alike)
        if kind in (L.Matmul, L.Bilinear, L.Crop):
            layer = {
                L.Matmul: L.Matmul(transpose_b=rng.random() < 0.6),
                L.Bilinear: L.Bilinear(rng.choice((2, 3)), bias=rng.random() < 0.6),
                L.Crop: L.Crop(),
            }[kind]
            return layer, [first, rng.choice(pool)]
        if kind is L.ScaledDotProductAttention:
            return kind(), [first, rng.choice(pool), rng.choice(pool)]
        others = [rng.choice(pool) for _ in range(rng.choice((1, 1, 2)))]
        return kind(dim=rng.randint(1, max(1, len(x) - 1))) if kind is L.Concat else kind(), [first, *others]

    def other(self, x):
        rng = self.rng
        if rng.random() < 0.2 and math.prod(x[1:]) < 300:
            # Only what the user feeds is a sensible index.
            fed = [n for n in range(len(self.inputs)) if math.prod(self.shapes[n][1:]) < 300]
            if fed:
                return L.Embedding(rng.choice((5, 11)), rng.choice((2, 3))), [rng.choice(fed)]
        if rng.random() < 0.3:
            return L.Parameter(
                tuple(rng.choice((1, 2, 3, 5)) for _ in range(rng.randint(1, 3))), batch=rng.random() < 0.5
            )
        return L.Linear(rng.choice((1, 2, 3, 5, 7)), bias=rng.random() < 0.7)


def draw_network(rng):
    """(network, batch); it has one layer at least."""
    while True:
        network, batch = Draw(rng).network()
        if network.nodes:
            return network, batch
