"""Words from files: shown as words by every format, and never more than that."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.render.escape import md, tex, tex_math
from cnnshape.render.notes import lost, seen, together
from cnnshape.render.safe import elided, encodable, inline, padded, visible, width
from cnnshape.render.units import joined, marked, size
from cnnshape.report import ReceptiveField

STEERING = [
    *map(chr, range(32)),
    *map(chr, range(0x7F, 0xA0)),
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
    "\u200b",
    "\udcff",
]


@pytest.mark.parametrize("char", STEERING, ids=lambda char: f"U+{ord(char):04X}")
def test_nothing_that_steers_gets_through(char) -> None:
    assert inline(f"a{char}b") == f"a\\u{ord(char):04x}b"
    if char not in "\n\t":
        assert visible(f"a{char}b\n") == f"a\\u{ord(char):04x}b\n"


@given(st.text())
def test_what_is_safe_is_safe_already(text) -> None:
    assert inline(inline(text)) == inline(text)
    assert visible(visible(text)) == visible(text)
    assert "\n" not in inline(text)


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_every_stream_can_show_what_it_gets_and_json_stays_itself(text, encoding) -> None:
    import json

    shown = encodable(text, encoding)
    shown.encode(encoding)
    quoted = json.dumps(text, ensure_ascii=False)
    assert json.loads(encodable(visible(quoted), encoding)) == text


@given(st.text(st.characters(codec="utf-8")))
def test_latex_braces_balance_and_specials_are_escaped(text) -> None:
    for made in (tex(inline(text)), tex_math(inline(text))):
        bare = re.sub(r"\\[&%$#_{}]", "", made)
        assert not re.search(r"[&%#]", bare)
        assert bare.count("$") == 2 * bare.count(r"$\to$")
        depth = 0
        for char in bare:
            depth += {"{": 1, "}": -1}.get(char, 0)
            assert depth >= 0
        assert depth == 0


def test_no_command_of_a_name_reaches_latex() -> None:
    assert tex(r"\input{x}") == r"\textbackslash{}input\{x\}"
    assert "\\input" not in tex_math(r"\input{x}").replace(r"\backslash input", "")


@given(st.text(st.characters(codec="utf-8")))
def test_markdown_has_no_bare_mark(text) -> None:
    assert not re.search(r"[*`<|\[\]~&]", re.sub(r"\\.", "", md(inline(text))))


def test_markdown_leaves_ordinary_names_alone() -> None:
    assert md("layer1.0.max_pool_2") == "layer1.0.max_pool_2"


@given(st.text(st.characters(codec="utf-8")), st.integers(5, 40))
def test_elided_names_fit_and_keep_their_ends(text, room) -> None:
    text = inline(text)
    short = elided(text, room)
    if width(text) <= room:
        assert short == text
    elif text.isascii():
        assert len(short) == room
        assert text.startswith(short.partition("...")[0])
        assert text.endswith(short.rpartition("...")[2])


def test_padding_counts_cells_and_not_letters() -> None:
    assert padded("畳", 4) == "畳  "
    assert padded("畳", 4, right=True) == "  畳"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 * 2**40, "3.0 TiB"), (5000 * 2**40, "5000.0 TiB")],
)
def test_sizes(count, text) -> None:
    assert size(count) == text


def test_numbers_per_axis_are_never_rounded() -> None:
    assert joined((12345678901, 0.25, None)) == "12345678901x0.25x?"


def test_totals_say_when_they_are_not_the_whole() -> None:
    assert [marked(1234, state) for state in ("complete", "partial", "unavailable")] == ["1,234", ">= 1,234", "?"]


def test_a_field_that_does_not_move_is_told_so() -> None:
    assert seen(ReceptiveField((7, 11), (0, 0), (0, -1))) == "7x11, the same for every output, from 0,-1"
    assert seen(ReceptiveField((3,), (2,), (-1,))) == "3, jump 2, start -1"


def test_names_of_one_block_say_it_once() -> None:
    assert together(["a.b.c", "a.b.d.e"]) == "a.b: c, d.e"
    assert together(["a.b", "a.b"]) == "a: b, b"
    assert together(["only.one"]) == "only.one"
    assert together([]) == ""


def test_what_is_lost_names_its_axes() -> None:
    import cnnshape

    def told(shape: str, layer: str) -> str:
        return lost(cnnshape.analyze_text(f"input: {shape}\nlayers:\n  - {layer}\n").layers[0])

    assert told("3x32x33", "max_pool: {kernel_size: 4, stride: 4}") == "1 of 33 columns"
    assert told("3x32", "max_pool: {kernel_size: 5}") == "2 of 32 positions of length"
    assert told("3x5x7x9", "max_pool: 2") == "1 of 5 slices and 1 of 7 rows and 1 of 9 columns"
