"""YAML, JSON and TOML give the same values, each with the place where it stands."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.errors import ModelError
from cnnshape.spec.source import WIDTH, Document, Map, Seq, parse
from cnnshape.spec.yaml import scalar

YAML = """\
name: net
# a comment
input: 3x17x19
layers:
  - conv: {out_channels: 8, kernel_size: [3, 5]}
    name: first
  - relu
  -   max_pool:
        kernel_size:   2
"""

TOML = """\
name = "net"
# a comment
input = "3x17x19"

[[layers]]
conv = {out_channels = 8, kernel_size = [3, 5]}
name = "first"

[[layers]]
relu = {}

[[layers]]
[layers.max_pool]
kernel_size =   2
"""


def at(mark: int) -> tuple[int, int]:
    return mark // WIDTH, mark % WIDTH


def walk(value, path=()):
    """Every value with its path and place."""
    if isinstance(value, Map):
        for key, item in value.items():
            yield (*path, key), at(value.mark(key)), at(value.mark(key, value=True)), item
            yield from walk(item, (*path, key))
    elif isinstance(value, Seq):
        for index, item in enumerate(value):
            yield (*path, index), at(value.mark(index)), at(value.mark(index)), item
            yield from walk(item, (*path, index))


@pytest.mark.parametrize(
    ("text", "file"),
    [(YAML, "a.yaml"), (TOML, "a.toml"), (json.dumps(parse(YAML).data, indent=3), "a.json"), (json.dumps(parse(YAML).data), "b.json")],
)  # fmt: skip
def test_every_key_and_value_stands_where_the_mark_says(text, file) -> None:
    document = parse(text, file)
    lines = text.splitlines()
    seen = 0
    for path, key, value, item in walk(document.data):
        if isinstance(path[-1], str):
            rest = lines[key[0] - 1][key[1] - 1 :]
            assert rest.startswith((path[-1], f'"{path[-1]}"', "[")), (path, key)
            seen += 1
        if isinstance(item, (str, int)):
            assert lines[value[0] - 1][value[1] - 1 :].lstrip('"').startswith(str(item)), (path, value)
            seen += 1
        assert document.line(value[0]) == lines[value[0] - 1]
    assert seen > 12


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_the_three_notations_hold_the_same_values() -> None:
    wanted = {
        "name": "net", "input": "3x17x19",
        "layers": [{"conv": {"out_channels": 8, "kernel_size": [3, 5]}, "name": "first"}, "relu", {"max_pool": {"kernel_size": 2}}],
    }  # fmt: skip
    assert plain(parse(YAML).data) == wanted
    assert plain(parse(json.dumps(wanted)).data) == wanted
    wanted["layers"][1] = {"relu": {}}
    assert plain(parse(TOML, "x.toml").data) == wanted
    assert plain(parse(TOML).data) == wanted, "TOML without a file name is known by its first line"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), ("-3", -3), ("+3", 3), ("007", 7), ("0x1F", 31), ("0o17", 15), ("1e-5", 1e-5), ("1.5", 1.5), (".5", 0.5),
        ("5.", 5.0), ("1_000", "1_000"), ("0b11", "0b11"), ("12:30", "12:30"), ("3x3", "3x3"), ("1.2.3", "1.2.3"),
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("off", "off"), ("y", "y"), ("n", "n"), ("true", True), ("False", False),
        ("TRUE", True), ("null", None), ("~", None), ("", None), ("None", "None"), ("nullx", "nullx"), ("2026-01-01", "2026-01-01"),
        ("0x", "0x"), ("0xg", "0xg"), ("-", "-"), ("+", "+"), (".", "."), ("-.", "-."), ("1e", "1e"), ("9" * 39, int("9" * 39)),
        ("9" * 40, "9" * 40), (".inf", float("inf")), ("-.inf", -float("inf")), ("+.INF", float("inf")), ("inf", "inf"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_yaml_1_2(text, value) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)
    if (text and not text.startswith("-")) or len(text) > 1:
        assert parse(f"a: {text}\n").data["a"] == value


def test_nan_is_a_number_and_quotes_make_words() -> None:
    assert scalar(".nan") != scalar(".nan")
    assert plain(parse("a: '3'\nb: \"true\"\nc: |\n  4\nd: !!int '5'\ne: !!str 6\n").data) == {
        "a": "3",
        "b": "true",
        "c": "4\n",
        "d": 5,
        "e": "6",
    }


def test_anchors_and_merge_keys() -> None:
    data = parse("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}\nc: {<<: [{k: 9}, *x], m: 4}\nd: *x\n").data
    assert list(data["b"].items()) == [("k", 1), ("l", 3)], (
        "in the order of the text: a variable may use those before it"
    )
    assert plain(data["c"]) == {"k": 9, "l": 2, "m": 4}
    assert data["d"] is data["a"]
    for name in ("b", "c"):
        assert len(data[name].marks) == 2 * len(data[name])
    assert at(data["c"].mark("m", value=True)) == (3, 26)
    assert at(parse("a: &x {k: 1}\nb: {l: 3, <<: *x, m: 4}\n").data["b"].mark("m", value=True)) == (2, 22)


def test_written_keys_win_over_merged_ones_wherever_they_stand() -> None:
    assert plain(parse("a: &x {k: 1}\nb: {<<: *x, k: 2}\n").data["b"]) == {"k": 2}
    assert plain(parse("a: &x {k: 1}\nb: {k: 2, <<: *x}\n").data["b"]) == {"k": 2}


def test_json_of_any_kind_is_read() -> None:
    data = {"é": "😀 \u2028 \\ud83d", "a/b": ["\t", 1.5, None, True, -0, 1e300], "tab": {"x": []}}
    for indent in (None, 2, "\t"):
        text = json.dumps(data, indent=indent)
        assert plain(parse(text, "a.json").data) == data, text
    data["é"] = "😀 é"
    assert plain(parse(json.dumps(data, ensure_ascii=False), "a.json").data) == data
    assert parse('{"a": "\\/"}').data["a"] == "/"


values = st.recursive(
    st.one_of(st.integers(-(10**6), 10**6), st.booleans(), st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=3)),
    max_leaves=15,
)  # fmt: skip


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), values, min_size=1, max_size=4))
def test_json_and_toml_of_the_same_values_are_equal(data) -> None:
    assert plain(parse(json.dumps(data), "a.json").data) == data
    document = parse(toml(data), "a.toml")
    assert plain(document.data) == data
    lines = document.text.splitlines()
    for path, key, value, item in walk(document.data):
        if isinstance(path[-1], str):
            assert lines[key[0] - 1][key[1] - 1 :].startswith(path[-1])
        if isinstance(item, (int, str)) and not isinstance(item, bool):
            assert lines[value[0] - 1][value[1] - 1 :].startswith(json.dumps(item)[:3]), (path, document.text)


def toml(data) -> str:
    return "".join(f"{key} = {inline(item)}\n" for key, item in data.items())


def inline(item) -> str:
    if isinstance(item, dict):
        return "{" + ", ".join(f"{key} = {inline(part)}" for key, part in item.items()) + "}"
    if isinstance(item, list):
        return "[" + ", ".join(map(inline, item)) + "]"
    return json.dumps(item)


def test_toml_headers_dots_and_quotes_have_their_places() -> None:
    text = 'a.b.c = 1\n"d e".f = \'x\'\n[g]\nh = """\nlong"""\n[g.i] # remark\nj = [\n  1,\n  {k = 2},\n]\n[[l.m]]\nn = 1\n[[l.m]]\nn = 2\n[l.m.o]\np = 3\n'
    found = {path: value for path, _, value, _ in walk(parse(text, "a.toml").data)}
    assert found["a", "b", "c"] == (1, 9)
    assert found["d e", "f"] == (2, 11)
    assert found["g", "h"] == (4, 5)
    assert found["g", "i", "j", 0] == (8, 3)
    assert found["g", "i", "j", 1, "k"] == (9, 8)
    assert found["l", "m", 0, "n"] == (12, 5)
    assert found["l", "m", 1, "n"] == (14, 5)
    assert found["l", "m", 1, "o", "p"] == (16, 5)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_parser(ending) -> None:
    text = ending.join(["a: 1", "", "b: {c: 2, c: 3}", "d: 4"])
    with pytest.raises(ModelError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.place.column, problem.source_line) == (3, 11, "b: {c: 2, c: 3}")


@given(st.text(st.sampled_from("ab\n\r\x85\u2028"), max_size=30))
def test_a_line_is_found_without_cutting_the_whole_text(text) -> None:
    wanted = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    document = Document(None, text, "a.yaml")
    for number in (2, 1, len(wanted), 3):
        assert document.line(number) == (wanted[number - 1] if number <= len(wanted) else "")
    assert document.line(0) == document.line(len(wanted) + 1) == ""


@pytest.mark.parametrize("text", ["b: {<<: *x, <<: {l: 2}}", "b: {<<: *x, l: 3, <<: *x}", "b:\n  <<: *x\n  <<: *x"])
def test_a_merge_key_that_is_written_twice_is_one_written_twice(text) -> None:
    with pytest.raises(ModelError, match="CNN-E104: the key << is written twice") as caught:
        parse(f"a: &x {{k: 1}}\n{text}\n")
    assert caught.value.problems[0].fix == "<<: [*a, *b]"
