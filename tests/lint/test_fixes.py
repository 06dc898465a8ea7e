"""What a fix says is followed: the layer takes it, and the rule has nothing more to say of that line."""

from __future__ import annotations

import itertools
import re

import pytest
from test_rules import look

from cnnshape import api

#: `kernel_size: 3 or 5`, `padding: [0, 1]`, `ceil_mode: true`: a field, and the values that it may get.
FIELD = r"(?:kernel_size|stride|padding|dilation|ceil_mode|count_include_pad|out_channels)"
ASSIGNED = re.compile(rf"({FIELD}): (\[[^\]]*\]|[\w.]+)((?: or (?:\[[^\]]*\]|\w+))*)")
RULES = ("CNN-L101", "CNN-L103", "CNN-L104", "CNN-L105", "CNN-L107", "CNN-L108", "CNN-L116", "CNN-L117", "CNN-L119")


def spec(shape, kind, fields) -> str:
    return (
        f"input: {shape}\nlayers:\n  - {kind}: {{{', '.join(f'{name}: {value}' for name, value in fields.items())}}}\n"
    )


def followed(fix, fields) -> list[dict]:
    """The fields as each alternative of a fix wants them."""
    ways = []
    for words in fix.split(", or "):
        found = ASSIGNED.findall(words)
        if found and ASSIGNED.sub("", words).strip(", ") == "":
            values = [[first, *more.split(" or ")[1:]] for _, first, more in found]
            names = [name for name, _, _ in found]
            ways += [{**fields, **dict(zip(names, each, strict=True))} for each in itertools.product(*values)]
    return ways


def check_fixes(shape, kind, fields) -> list[str]:
    """The fixes of one layer's findings, each of them followed."""
    try:
        found = [one for one in look(spec(shape, kind, fields)) if one.code in RULES]
    except api.ModelError:
        return []
    for one in found:
        assert "-1" not in one.message + one.fix
        for changed in followed(one.fix, fields):
            text = spec(shape, kind, changed)
            assert one.code not in [left.code for left in look(text)], (text, one.fix)
    return [f"{one.code} {one.fix}" for one in found]


@pytest.mark.parametrize(
    ("shape", "kind", "fields", "fix"),
    [
        ("8x32x32", "avg_pool", {"kernel_size": 2, "stride": 1, "padding": 1}, "CNN-L116 kernel_size: 3, or padding: same"),
        ("8x32x32", "conv", {"out_channels": 8, "kernel_size": 4, "padding": 2}, "CNN-L116 kernel_size: 5, or padding: same"),
        ("8x1x1", "max_pool", {"kernel_size": 3, "stride": 2, "padding": 1}, "CNN-L108 leave it out, or a larger map above"),
        ("8x3x3", "max_pool", {"kernel_size": 5, "padding": 3}, "CNN-L108 kernel_size: 3, padding: 1, or a global pool"),
        (
            "8x9x9", "max_pool", {"kernel_size": 7, "padding": 3, "dilation": 2},
            "CNN-L108 kernel_size: 5, or a global pool",
        ),
        (
            "8x1x1", "conv", {"out_channels": 8, "kernel_size": 4, "stride": 2, "padding": 3, "dilation": 2},
            "CNN-L104 a smaller window, or a larger map here",
        ),
        ("8x7x7", "max_pool", {"kernel_size": 2, "stride": 4}, "CNN-L101 change a layer above, so that 6 or 10 arrive here"),
        (
            "8x33x31", "conv", {"out_channels": 16, "kernel_size": 3, "stride": 3},
            "CNN-L101 padding: [0, 1], or change a layer above, so that 30 or 33 arrive here",
        ),
    ],
)  # fmt: skip
def test_a_fix_that_does_not_work_is_not_told(shape, kind, fields, fix) -> None:
    assert fix in check_fixes(shape, kind, fields)


def test_what_one_window_leaves_is_not_between_two() -> None:
    fields = {"out_channels": 8, "kernel_size": 3, "stride": 4}
    assert not [fix for fix in check_fixes("8x3x3", "conv", fields) if fix.startswith("CNN-L103")]
    assert [fix for fix in check_fixes("8x11x11", "conv", fields) if fix.startswith("CNN-L103")]


@pytest.mark.parametrize("kind", ["conv", "max_pool", "avg_pool", "lp_pool"])
def test_every_fix_of_small_windows_works_when_it_is_followed(kind) -> None:
    told = set()
    grid = itertools.product(
        ["8x1x1", "8x3x3", "8x7x5", "8x16x13"], (1, 2, 3, 4, 7), (1, 2, 4), (0, 1, 3), (1, 2), (0, 1)
    )
    for shape, kernel, stride, padding, dilation, ceil in grid:
        fields = {"kernel_size": kernel, "stride": stride, "padding": padding}
        fields |= {"out_channels": 8} if kind == "conv" else {"ceil_mode": "true"} if ceil else {}
        if (kind in ("avg_pool", "lp_pool") and dilation > 1) or (kind == "conv" and ceil):
            continue
        told.update(
            fix[:8] for fix in check_fixes(shape, kind, {**fields, **({"dilation": 2} if dilation > 1 else {})})
        )
    assert len(told) >= 4


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("max_pool: {kernel_size: 3, stride: 2}", "max_pool: {kernel_size: 3, stride: 2}", "kernel_size: 7, stride: 4"),
        ("avg_pool: 2", "avg_pool: 3", "kernel_size: 6, stride: 6"),
        ("avg_pool: {kernel_size: 3, stride: 1}", "avg_pool: {kernel_size: 3, stride: 1}", ""),
        ("max_pool: {kernel_size: 2, stride: 3}", "max_pool: 2", ""),
        ("max_pool: {kernel_size: 3, stride: 2, padding: 1}", "max_pool: 2", ""),
        ("max_pool: 1", "max_pool: 2", None),
    ],
)
def test_two_pools_are_said_to_be_one_where_they_are(first, second, said) -> None:
    text = "input: 8x41x43\nlayers:\n  - {}\n"
    both = text.format(f"{first}\n  - {second}")
    fixes = [one.fix for one in look(both) if one.code == "CNN-L122"]
    assert fixes == ([] if said is None else [f"one pool in place of both{': ' * bool(said)}{said}"])
    if said:
        alone = text.format(f"{first.split(':')[0]}: {{{said}}}")
        assert api.analyze_text(alone).outputs[0].shape == api.analyze_text(both).outputs[0].shape
