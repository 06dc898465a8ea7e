"""What is read on the way to a tensor equals the sets of rows, one by one, on short axes with borders, crops and strides.

An axis that ends (a global pool, a flatten, a linear map over it) sees from the first of these rows to the last.
"""

from __future__ import annotations

from fractions import Fraction

import index_sets as slow
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnshape.api import analyze, analyze_data_network
from cnnshape.geometry import reach as room
from cnnshape.geometry.field import Field
from cnnshape.geometry.reach import NOTHING, Limits, Listed, behind, blank, together
from cnnshape.geometry.receptive import fold, join, whole
from cnnshape.geometry.resample import Adaptive, Resample, Whole
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window

PRIMES = (5, 7, 11, 13, 17, 19, 23)

windows = st.builds(
    Window,
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
    dilation=st.sampled_from([1, 1, 2, 3]),
    before=st.integers(-2, 3),
    after=st.integers(-2, 3),
)
borders = st.builds(Window, before=st.integers(-3, 6), after=st.integers(-3, 6), kernel=st.just(1))
copies = st.builds(
    Transposed,
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    before=st.integers(0, 2),
    after=st.integers(0, 2),
    extra=st.integers(0, 1),
)


def slid(axis, way):
    """Windows over the axis, where a negative border cuts."""
    cut = axis[max(0, -way.before) : len(axis) - max(0, -way.after)]
    return slow.slide(cut, way.kernel, way.stride, way.dilation, max(0, way.before), max(0, way.after))


class Followed:
    """One tensor: what the calculator holds of its axis, beside the rows that each position really reads."""

    def __init__(self, field, reach, axis):
        self.field, self.reach, self.axis = field, reach, axis

    def through(self, way, axis):
        field = fold(self.field, way, len(self.axis), self.reach)
        assert field is not None
        return Followed(field, behind(self.reach, self.field, way, len(self.axis), field), axis)

    def step(self, draw):
        n = len(self.axis)
        kind = draw(
            st.sampled_from(["window", "window", "window", "border", "copies", "adaptive", "nearest", "linear"])
        )
        if kind in ("window", "border"):
            way = draw(windows if kind == "window" else borders)
            assume(way.out_size(n) > 0 and max(0, -way.before) + max(0, -way.after) < n)
            return self.through(way, slid(self.axis, way))
        if kind == "copies":
            way = draw(copies)
            assume(0 < way.out_size(n) <= 60)
            return self.through(
                way,
                slow.lay(self.axis, way.kernel, way.stride, way.dilation, way.before, way.after, way.extra),
            )
        out = draw(st.integers(1, 12))
        if kind == "adaptive":
            return self.through(Adaptive(n, out), slow.parts(self.axis, out))
        factor = Fraction(out, n)
        if kind == "nearest":
            return self.through(Resample(n, out, 1 / factor), slow.nearest(self.axis, factor, out))
        places = slow.centres(n, factor, out)
        return self.through(Resample(n, out, 1 / factor, taps=2), slow.between(self.axis, places, 2))

    def rows(self):
        return slow.union(self.axis).who


def image(n):
    return Followed(Field(), Limits(0, n - 1), slow.image(n))


def met(parts):
    """Branches of equal length, merged position by position."""
    out = len(parts[0].axis)
    fields, reaches = [part.field for part in parts], [part.reach for part in parts]
    field = join(fields, out, reaches)
    assert field is not None
    return Followed(field, together(reaches, fields, out, field), slow.hull([part.axis for part in parts]))


@st.composite
def chains(draw):
    """Every tensor of a chain; some are merged with an earlier one, cut to the same length."""
    passed = [image(draw(st.sampled_from(PRIMES)))]
    for _ in range(draw(st.integers(1, 6))):
        here = passed[-1]
        if draw(st.integers(0, 3)) == 0:
            beside = draw(st.sampled_from(passed))
            more = len(beside.axis) - len(here.axis)
            front = draw(st.integers(0, abs(more))) * (1 if more > 0 else -1)
            way = Window(1, 1, 1, -front, front - more)
            passed.append(met([beside.through(way, slid(beside.axis, way)), here]))
        else:
            passed.append(here.step(draw))
        # Outputs that all read one place are followed as if they saw it everywhere, in the padding too.
        if passed[-1].field.jump == 0:
            passed.pop()
            break
    return passed


@given(chains())
def test_an_axis_that_ends_sees_the_rows_that_are_read(chain) -> None:
    for tensor in chain:
        rows = tensor.rows()
        low, high = tensor.reach.hull()
        assert (low, high) == (min(rows), max(rows)) if rows else low > high
        assert not isinstance(tensor.reach, Listed) or tensor.reach.out == len(tensor.axis)
        ended = whole(tensor.field, tensor.reach)
        assert ended == fold(tensor.field, Whole(), len(tensor.axis), tensor.reach)
        assert ended == (Field(min(rows), max(rows) - min(rows) + 1, 0) if rows else Field(0, 0, 0))


@given(chains())
def test_ends_that_are_taken_for_known_are_read(chain) -> None:
    for tensor in chain:
        reach = tensor.reach
        if reach.known and reach.low <= reach.high:
            first, last = tensor.axis[reach.front], tensor.axis[len(tensor.axis) - 1 - reach.back]
            assert (min(first.who), max(last.who)) == (reach.low, reach.high)
            assert not slow.union(tensor.axis[: reach.front]).who or isinstance(reach, Listed)


@given(chains(), st.integers(3, 60))
def test_what_is_too_long_to_list_is_held_inside_its_limits(chain, most) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "MAX_LISTED", most)
        for tensor in chain:
            rows = tensor.rows()
            low, high = tensor.reach.hull()
            assert not rows or 0 <= low <= min(rows) <= max(rows) <= high < len(chain[0].axis)


def through(n, *ways):
    """What reaches the end of a chain over an axis of n positions, which may be long."""
    field, reach = Field(), Limits(0, n - 1)
    for way in ways:
        after = fold(field, way, n, reach)
        field, reach, n = after, behind(reach, field, way, n, after), way.out_size(n)
    return reach


CAUSAL = Window(kernel=2, dilation=3, before=3)  # reads o - 3 and o: the first three see one row each
AHEAD = Window(kernel=2, dilation=3, after=3)
APART = Transposed(kernel=2, dilation=3)  # laid over positions o - 3 and o; the last three see one row each


@pytest.mark.parametrize(
    ("chain", "rows"),
    [
        ([CAUSAL], (0, 12)),
        ([CAUSAL, Window(1, before=-4)], (1, 12)),
        ([AHEAD, Window(1, after=-4)], (0, 11)),
        ([CAUSAL, Window(1, before=-4, after=2)], (1, 12)),
        ([AHEAD, Window(1, before=2, after=-4)], (0, 11)),
        ([CAUSAL, Window(1, before=2), Window(1, before=-6)], (1, 12)),
        ([AHEAD, Window(1, after=2), Window(1, after=-6)], (0, 11)),
        ([APART, Window(1, before=-13)], (10, 12)),
        ([APART, Window(1, before=-13, after=-1)], (10, 11)),
        ([Window(3), Window(1, before=-5, after=-5), Window(1, 3, before=5, after=3)], None),
        ([Window(9), Window(1, before=-2, after=-2), Window(1, 3, before=5, after=3)], None),
        ([Window(3), Window(1, after=4), Window(2, dilation=2, before=-11)], None),
        ([Window(3), Window(1, before=4), Window(2, dilation=2, after=-11)], None),
        ([CAUSAL, Window(1, before=-4), Resample(9, 18, Fraction(1, 2), taps=2)], (1, 12)),
    ],
)
def test_what_is_cut_behind_holes_is_not_seen(chain, rows) -> None:
    low, high = through(13, *chain).hull()
    assert (low, high) == rows if rows else low > high


def test_so_much_is_listed_and_no_more() -> None:
    """The outputs, the positions and what each output reads: 65,536 together, and 65,540."""
    for n, listed in ((16385, True), (16386, False)):
        reach = through(n, Window(2, dilation=2, before=1))
        assert reach.hull() == (0, n - 1)
        assert (reach.spans is not None) is listed


def test_an_output_that_reads_nothing_costs_no_more_than_its_place(monkeypatch) -> None:
    monkeypatch.setattr(room, "MAX_LISTED", 2)  # one position and one output, whose taps fall beside it
    assert through(1, Window(2, dilation=3, before=1, after=2)).hull() == (0, -1)


@given(st.one_of(windows, copies), st.integers(1, 4))
def test_what_reads_padding_alone_has_no_tap_on_the_axis(way, n) -> None:
    assume(way.out_size(n) > 0)
    assert blank(way, n) == all(p not in way.reached(o) for o in range(way.out_size(n)) for p in range(n))


def test_the_limits_of_what_is_too_long_to_list_are_those_of_its_ends() -> None:
    for n in (13, 10**6):
        assert through(n, CAUSAL, Window(2, dilation=3, before=-4, after=-5)).hull() == (1, n - 6)


def test_branches_that_see_nothing_see_nothing_together() -> None:
    joined = Field(0, 2, 1)
    low, high = together([NOTHING, Limits(4, 2)], [Field(), Field(1)], 3, joined).hull()
    assert low > high


@pytest.mark.parametrize(
    "chain",
    [
        [CAUSAL] * 3,
        [AHEAD] * 3,
        [Window(3, dilation=9, before=9, after=9)],
        [Window(1, before=9, after=9), Window(3, dilation=9)],
        [CAUSAL, Window(1, before=9, after=9), Window(3, dilation=9)],
        [CAUSAL, Window(1, before=9, after=9), Window(1, before=-9, after=-9)],
        [CAUSAL, Window(1), Window(3, before=1, after=1), Window(3, stride=2, before=1, after=1)],
        [APART, Window(3, before=1, after=1)],
        [Transposed(kernel=1, stride=2), Window(3, before=1, after=1)],
    ],
)
def test_where_both_ends_are_read_for_certain_nothing_is_listed(chain) -> None:
    for n in (10**6 + 1, 10**12 + 1):
        reach = through(n, *chain)
        assert isinstance(reach, Listed)
        assert reach.hull() == (0, n - 1)
        assert reach.spans is None


def test_branches_whose_ends_are_known_are_not_listed() -> None:
    n = 10**6 + 1
    fields = [fold(Field(), way, n, Limits(0, n - 1)) for way in (CAUSAL, AHEAD)]
    reaches = [through(n, way) for way in (CAUSAL, AHEAD)]
    joined = together(reaches, fields, n, join(fields, n, reaches))
    assert joined.known
    assert joined.hull() == (0, n - 1)
    cut = through(n, Window(1, before=-1, after=1))  # its last position is a border
    assert not together([reaches[0], cut], fields, n, join(fields, n, reaches)).known


@given(windows, st.sampled_from(PRIMES))
def test_gapless_windows_lose_no_end(way, n) -> None:
    assume(way.out_size(n) > 0 and max(0, -way.before) + max(0, -way.after) < n)
    axis = slid(slow.image(n), way)
    gapless = (
        all(seen.who and len(seen.who) == max(seen.who) - min(seen.who) + 1 for seen in axis)
        and 0 in axis[0].who
        and n - 1 in axis[-1].who
    )
    assert way.gapless(n) <= gapless
    assert gapless <= way.gapless(n) or way.dilation > 1 or way.before < 0 or way.after < 0
    if way.gapless(n):
        reach = Limits(0, n - 1)
        assert behind(reach, Field(), way, n, fold(Field(), way, n, reach)) == reach


@pytest.mark.parametrize("name", ["squeezenet1_0", "squeezenet1_1"])
def test_the_row_that_squeezenet_never_reads_is_not_seen_behind_inner_paddings(name) -> None:
    fields = {row.kind: row.receptive_field for row in analyze(f"zoo:{name}").layers}
    for kind in ("global_avg_pool", "flatten"):
        assert (fields[kind].size, fields[kind].start) == ((223, 223), (0, 0))


@pytest.mark.parametrize(
    ("first", "seen"),
    [
        ({"conv": {"out_channels": 5, "kernel_size": 3, "stride": 3}}, (0, 21)),
        ({"crop": {"cropping": [[2, 3]]}}, (2, 18)),
        ({"slice": {"dim": 2, "start": 1, "step": 4}}, (1, 21)),
        ({"pad": [[1, 0]]}, (0, 23)),
    ],
)
@pytest.mark.parametrize("end", ["global_avg_pool", "flatten", {"linear": 3}, {"softmax": -1}, {"layer_norm": {}}])
def test_inner_paddings_show_nothing_to_an_axis_that_ends(first, seen, end) -> None:
    inner = {"conv": {"out_channels": 5, "kernel_size": 7, "padding": 3}}
    spec = {"input": [5, 23], "layers": [first, inner, inner, inner, end]}
    field = analyze_data_network(spec)[1].layers[-1].receptive_field
    assert (field.start, field.size) == ((seen[0],), (seen[1],))


def test_a_gate_of_what_is_read_covers_all_that_is_read() -> None:
    """Row 22 is never read: the gate sees all that its image does, though the image's padding lies over that row."""
    gate = [{"conv": {"out_channels": 5, "kernel_size": 7, "padding": 3}, "name": "x"}, "global_avg_pool", "sigmoid"]
    spec = {
        "input": [5, 23],
        "layers": [{"max_pool": {"kernel_size": 2}}, *gate, {"mul": {}, "from": ["x", "sigmoid1"]}],
    }
    field = analyze_data_network(spec)[1].layers[-1].receptive_field
    assert (field.start, field.size, field.jump) == ((0,), (22,), (0,))


def test_a_gate_that_is_padded_after_it_has_ended_still_sees_what_it_saw() -> None:
    layers = [
        {"conv": {"out_channels": 4, "kernel_size": 3, "stride": 2}, "name": "image"},
        "global_avg_pool",
        {"conv": {"out_channels": 4, "kernel_size": 1, "padding": 1}, "name": "gate"},
        {"add": {}, "from": ["image", "gate"]},
    ]
    _, report = analyze_data_network({"input": "3x7x7", "layers": layers})
    field = report.layers[-1].receptive_field
    assert field is not None
    assert (field.size, field.start, field.jump) == ((7, 7), (0, 0), (0, 0))
