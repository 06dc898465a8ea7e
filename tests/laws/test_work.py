"""Operations counted one by one: loops over every output position and every tap, padding and all."""

from __future__ import annotations

from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.shape import Shape

sides = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def images(draw):
    rank = draw(st.integers(1, 3))
    sizes = [(11,), (7, 11), (3, 5, 7)][rank - 1]
    return Shape(draw(st.integers(1, 3)), draw(st.sampled_from([4, 6])), *sizes)


def each(draw, rank, values):
    return tuple(draw(values) for _ in range(rank))


@st.composite
def sliding(draw):
    """An image and a window per axis that fits."""
    x = draw(images())
    rank = len(x) - 2
    fields = {
        "kernel_size": each(draw, rank, st.integers(1, 3)),
        "stride": each(draw, rank, st.integers(1, 3)),
        "dilation": each(draw, rank, st.integers(1, 2)),
        "padding": each(draw, rank, sides),
    }
    return x, fields


def starts(n, kernel, stride, dilation, pad):
    """Where each window begins on the padded axis, and how many windows there are."""
    at = 0
    while at + dilation * (kernel - 1) < pad[0] + n + pad[1]:
        yield at - pad[0]
        at += stride


def axes_of(x, fields):
    """Per axis: the taps of every window."""
    return [
        [[s + k * d for k in range(kernel)] for s in starts(n, kernel, stride, d, pad)]
        for n, kernel, stride, d, pad in zip(
            x[2:], fields["kernel_size"], fields["stride"], fields["dilation"], fields["padding"], strict=True
        )
    ]


@given(sliding(), st.sampled_from([(1, 5), (2, 4), (2, 6)]), st.booleans())
def test_a_convolution_multiplies_once_per_output_and_tap(drawn, groups_out, bias) -> None:
    x, fields = drawn
    groups, out = groups_out
    windows = axes_of(x, fields)
    assume(all(windows))
    macs = adds = outputs = 0
    for _, _, *window in product(range(x[0]), range(out), *windows):
        outputs += 1
        adds += bias
        for _ in range(x[1] // groups):
            for _ in product(*window):  # a tap on the padding is multiplied all the same
                macs += 1
    layer = L.Conv(out, groups=groups, bias=bias, **fields)
    y = layer.out(x)
    assert y.numel == outputs
    ops = layer.ops(y, x)
    assert (ops.mac, ops.add) == (macs, adds)
    assert (
        layer.params(x) == out * (x[1] // groups) * len(list(product(*map(range, fields["kernel_size"])))) + out * bias
    )


@settings(max_examples=60)
@given(sliding(), st.sampled_from([(1, 5), (2, 4)]), st.booleans())
def test_a_transposed_convolution_multiplies_once_per_input_and_tap(drawn, groups_out, bias) -> None:
    x, fields = drawn
    groups, out = groups_out
    layer = L.ConvTranspose(out, groups=groups, bias=bias, **fields)
    try:
        y = layer.out(x)
    except LayerError:
        assume(False)  # the padding cuts everything
    macs = 0
    laid = [set() for _ in x[2:]]
    for _, c, *place in product(range(x[0]), range(x[1]), *map(range, x[2:])):
        assert c < x[1]
        for _ in range(out // groups):
            for taps in product(*map(range, fields["kernel_size"])):
                macs += 1
                for axis, (p, k) in enumerate(zip(place, taps, strict=True)):
                    laid[axis].add(p * fields["stride"][axis] + k * fields["dilation"][axis])
    assert layer.ops(y, x).mac == macs
    assert y[2:] == tuple(max(at) + 1 - sum(fields["padding"][axis]) for axis, at in enumerate(laid))


def of_taps(kind, taps, outputs):
    """What a pool does with `taps` values for `outputs` results."""
    return {
        "max_pool": {"cmp": taps - outputs},
        "avg_pool": {"add": taps - outputs, "div": outputs},
        "lp_pool": {"add": taps - outputs, "pow": taps + outputs},
    }[kind]


@given(sliding(), st.sampled_from([L.MaxPool, L.AvgPool, L.LpPool]))
def test_a_pool_reads_every_tap_that_is_not_padding(drawn, kind) -> None:
    x, fields = drawn
    layer = kind(**fields)
    try:
        y = layer.out(x)
    except LayerError:
        assume(False)  # does not fit, or sees padding alone
    taps = 0
    for n, c, *window in product(range(x[0]), range(x[1]), *axes_of(x, fields)):
        assert (n, c) < (x[0], x[1])
        for place in product(*window):
            taps += all(0 <= at < size for at, size in zip(place, x[2:], strict=True))
    ops = layer.ops(y, x)
    wanted = of_taps(kind.kind, taps, y.numel)
    assert {name: getattr(ops, name) for name in wanted} == wanted


@given(images(), st.data())
def test_an_adaptive_pool_reads_every_position_that_its_window_overlaps(x, data) -> None:
    outs = each(data.draw, len(x) - 2, st.integers(1, 9))
    taps = x[0] * x[1]
    for n, out in zip(x[2:], outs, strict=True):
        taps *= sum(1 for o in range(out) for i in range(n) if i * out < (o + 1) * n and (i + 1) * out > o * n)
    average, largest = L.AdaptiveAvgPool(outs), L.AdaptiveMaxPool(outs)
    y = average.out(x)
    assert y == largest.out(x) == (*x[:2], *outs)
    assert average.ops(y, x).add == largest.ops(y, x).cmp == taps - y.numel
    assert average.ops(y, x).div == y.numel


@given(images(), st.integers(1, 9))
def test_local_response_norm_sums_the_neighbours_that_exist(x, size) -> None:
    x = Shape(x[0], 7, *x[2:])
    layer = L.LocalResponseNorm(size)
    adds = 0
    for c in range(7):
        neighbours = [d for d in range(c - size // 2, c + (size - 1) // 2 + 1) if 0 <= d < 7]
        adds += (len(neighbours) - 1) + 1  # their sum, and k
    assert layer.ops(x, x).add == adds * (x.numel // 7)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_a_matrix_product_multiplies_row_by_column(n, rows, inner, columns) -> None:
    a, b = Shape(n, rows, inner), Shape(n, inner, columns)
    layer = L.Matmul()
    macs = sum(1 for _ in product(range(n), range(rows), range(columns), range(inner)))
    y = layer.out(a, b)
    assert layer.ops(y, a, b).mac == macs
    turned = L.Matmul(transpose_b=True)
    assert turned.ops(turned.out(a, Shape(n, columns, inner)), a, Shape(n, columns, inner)).mac == macs
    linear = L.Linear(columns)
    assert linear.ops(linear.out(a), a).mac == macs


@given(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3), st.sampled_from([(1, 3), (2, 4), (3, 6)]))
def test_attention_multiplies_in_its_projections_and_its_two_products(n, queries, keys, heads_size) -> None:
    heads, size = heads_size
    q, kv = Shape(n, queries, size), Shape(n, keys, size)
    macs = 0
    for _ in range(n):
        for length in (queries, keys, keys, queries):  # q, k, v, and the way out
            macs += sum(1 for _ in product(range(length), range(size), range(size)))
        for _ in product(range(heads), range(queries), range(keys), range(size // heads)):
            macs += 2  # a score, and its value's share
    layer = L.MultiHeadAttention(heads)
    assert layer.ops(layer.out(q, kv, kv), q, kv, kv).mac == macs


@given(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_a_recurrent_layer_multiplies_in_every_gate_of_every_step(n, length, features, hidden, depth, both) -> None:
    x = Shape(n, length, features)
    for kind, gates in ((L.Rnn, 1), (L.Gru, 3), (L.Lstm, 4)):
        macs, width = 0, features
        for _ in range(depth):
            for _ in product(range(2 if both else 1), range(n), range(length), range(gates), range(hidden)):
                macs += width + hidden
            width = hidden * (2 if both else 1)
        layer = kind(hidden, num_layers=depth, bidirectional=both)
        assert layer.ops(layer.out(x), x).mac == macs
