"""Whatever is fed in, the answer is a report or clear errors with places: quickly, and in little memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

import pytest
from classics import CLASSICS
from hypothesis import given, settings
from hypothesis import strategies as st

import cnnshape
from cnnshape.api import zoo_text
from cnnshape.errors import CODES, ModelError
from cnnshape.layers import BY_NAME
from cnnshape.spec.fields import required

HEAD = "input: 3x17x19\nlayers:\n"
SECONDS, MEBIBYTES = 2, 512


def problems(text: str, **options):
    """What is wrong with a text; fails when nothing is, or when it takes long."""
    before = time.process_time()
    with pytest.raises(ModelError) as caught:
        cnnshape.analyze_text(text, **options)
    assert time.process_time() - before < SECONDS
    found = caught.value.problems
    assert found
    assert all(p.code in CODES for p in found)
    clean(str(caught.value))
    return found


def clean(text: str) -> None:
    """Nothing that a terminal would obey; a tab may stand in a source line."""
    assert all(char.isprintable() or char in "\n\t" for char in text), ascii(text)


def outcome(run) -> str:
    """The codes of a run that may fail with ModelError and with nothing else."""
    try:
        run()
    except ModelError as error:
        clean(str(error))
        return " ".join(sorted({p.code for p in error.problems}))
    return ""


# text, code, line, column, and words of the message
CASES = {
    "empty": ("", "E103", 1, 1, "empty"),
    "white space": (" \n\n  \n", "E103", 1, 1, "empty"),
    "only a comment": ("# nothing\n", "E103", 1, 1, "empty"),
    "a list": ("[1, 2]", "E103", 1, 1, "mapping"),
    "a word": ("hello", "E103", 1, 1, "mapping"),
    "no layers": ("input: 3x4x5\n", "E103", 1, 1, "no layers"),
    "no input": ("layers: [relu]\n", "E204", 1, 1, "no input"),
    "tab": (HEAD + "\t- conv: 8\n", "E102", 3, 1, "token"),
    "tab deeper": (HEAD + "  - conv:\n\t\tout_channels: 8\n", "E102", 4, 1, "token"),
    "two documents": (HEAD + "  - relu\n---\na: 1\n", "E102", 4, 1, "second document"),
    "python tag": (HEAD + "  - !!python/object/apply:os.system [ls]\n", "E102", 3, 5, "tag"),
    "own tag": (HEAD + "  - conv: !secret 8\n", "E102", 3, 11, "tag"),
    "binary tag": (HEAD + "  - conv: !!binary aGk=\n", "E102", 3, 11, "tag"),
    "double key": (HEAD + "  - conv: {out_channels: 8, out_channels: 9}\n", "E104", 3, 29, "out_channels"),
    "double key at the top": ("input: 3x4x5\nlayers: [relu]\ninput: 1x2x3\n", "E104", 3, 1, "first on line 1"),
    "list as key": ("input: 3x4x5\n[1]: 2\nlayers: [relu]\n", "E102", 2, 1, "plain word"),
    "number as key": (HEAD + "  - conv: 8\n    3: 4\n", "E202", 4, 5, "3"),
    "null as key": ("input: 3x4x5\nlayers: [relu]\n~: 1\n", "E202", 3, 1, "~"),
    "unknown anchor": (HEAD + "  - conv: *width\n", "E102", 3, 11, "width"),
    "anchor inside itself": ("input: &x [*x]\nlayers: [relu]\n", "E102", 1, 12, "contains itself"),
    "unknown kind": (HEAD + "  - convv: 8\n", "E201", 3, 5, "convv"),
    "unknown key": (HEAD + "  - conv: {out_channels: 8, kernal_size: 3}\n", "E202", 3, 29, "kernal_size"),
    "a key beside": (HEAD + "  - conv: 8\n    kernel_size: 3\n", "E202", 4, 5, "kernel_size"),
    "an empty key": (HEAD + "  - ?\n", "E204", 3, 5, "no layer kind"),
    "a missing key": (HEAD + "  - conv: {stride: 2}\n", "E204", 3, 5, "out_channels"),
    "zero": (HEAD + "  - conv: 0\n", "E203", 3, 11, "at least 1, not 0"),
    "negative": (HEAD + "  - conv: {out_channels: 8, stride: -2}\n", "E203", 3, 37, "not -2"),
    "negative in a list": (HEAD + "  - conv: {out_channels: 8, stride: [1, -2]}\n", "E203", 3, 41, "-2"),
    "a part": (HEAD + "  - conv: 3.5\n", "E203", 3, 11, "3.5"),
    "NaN": (HEAD + "  - dropout: .nan\n", "E203", 3, 14, ".nan"),
    "infinity": (HEAD + "  - leaky_relu: .inf\n", "E203", 3, 17, ".inf"),
    "1e400": (HEAD + "  - leaky_relu: 1e400\n", "E203", 3, 17, ".inf"),
    "10^400": (HEAD + f"  - conv: {10**400}\n", "E205", 3, 11, "too large"),
    "2^63": (HEAD + f"  - conv: {2**63}\n", "E203", 3, 11, str(2**63)),
    "power tower": (HEAD + "  - conv: 10**10**10\n", "E205", 3, 11, "exponent"),
    "division by zero": (HEAD + "  - conv: 8 // 0\n", "E205", 3, 11, "zero"),
    "open expression": (HEAD + "  - conv: 8 +\n", "E205", 3, 11, "missing"),
    "deep expression": (HEAD + f"  - conv: {'(' * 200}8{')' * 200}\n", "E205", 3, 11, "deep"),
    "long expression": (HEAD + f"  - conv: 1{' + 1' * 4000}\n", "E205", 3, 11, "500"),
    "unknown variable": (HEAD + "  - conv: width\n", "E206", 3, 11, "width"),
    "variable of itself": ("vars: {a: a + 1}\n" + HEAD + "  - relu\n", "E206", 1, 11, "a"),
    "zero size": ("input: 3x0x19\nlayers: [relu]\n", "E203", 1, 8, "not 0"),
    "negative size": ("input: [3, -1, 7]\nlayers: [relu]\n", "E203", 1, 12, "not -1"),
    "NaN size": ("input: [3, 7, .nan]\nlayers: [relu]\n", "E203", 1, 15, ".nan"),
    "huge size": (f"input: 3x{10**400}\nlayers: [relu]\n", "E203", 1, 8, "bits"),
    "nine sizes": ("input: 1x1x1x1x1x1x1x1x1\nlayers: [relu]\n", "E203", 1, 8, "8 sizes"),
    "too many elements": ("input: 2147483647x2147483647x2\nlayers: [relu]\n", "E501", 2, 10, "elements"),
    "window too large": (HEAD + "  - conv: {out_channels: 8, kernel_size: 23, padding: 1}\n", "E401", 3, 42, "17 + 1 + 1"),
    "groups": (HEAD + "  - conv: {out_channels: 8, groups: 2}\n", "E402", 3, 37, "3 = 1 * 2 + 1"),
    "huge groups": (HEAD + "  - conv: {out_channels: 2147483646, groups: 2147483645}\n", "E402", 3, 46, "groups"),
    "unequal shapes": (HEAD + "  - conv: 8\n    name: a\n  - conv: 9\n  - add: a\n", "E403", 6, 5, "8 and 9"),
    "linear": (HEAD + "  - linear: {in_features: 7, out_features: 10}\n", "E405", 3, 27, "ends in 19"),
    "missing from": (HEAD + "  - conv: 8\n    from: nowhere\n", "E301", 4, 11, "nowhere"),
    "circular from": (HEAD + "  - relu:\n    name: a\n    from: b\n  - relu:\n    name: b\n", "E301", 5, 11, "cycles"),
    "from itself": (HEAD + "  - relu:\n    name: a\n    from: a\n", "E301", 5, 11, "a"),
    "no such output": (HEAD + "  - split: 3\n    name: s\n  - relu:\n    from: s[3]\n", "E301", 6, 11, "[3]"),
    "a name twice": (HEAD + "  - relu:\n    name: a\n  - relu:\n    name: a\n", "E302", 5, 5, "first on line 3"),
    "a block in itself": (HEAD + "  - b\nblocks:\n  b: [b]\n", "E502", 5, 7, "48"),
    "two blocks in each other": (HEAD + "  - b\nblocks:\n  b: [c]\n  c: [b, b]\n", "E502", 5, 7, "48"),
    "doubling blocks": (
        "input: 3x4x5\nblocks:\n" + "".join(f"  b{i}: [b{i + 1}, b{i + 1}]\n" for i in range(30)) + "  b30: []\nlayers: [b0]\n",
        "E501", 27, 9, "210,000",
    ),
    "ten repeats of 10^9": (
        HEAD + "".join("  " * (2 * i + 1) + f"- repeat: {10**9}\n" + "  " * (2 * i + 2) + "layers:\n" for i in range(10)) + " " * 42 + "- relu\n",
        "E501", 3, 13, "1000000000",
    ),
    "ten repeats of 1000": (
        HEAD + "".join("  " * (2 * i + 1) + "- repeat: 1000\n" + "  " * (2 * i + 2) + "layers:\n" for i in range(10)) + " " * 42 + "- relu\n",
        "E501", 5, 9, "1,000,000",
    ),
    "a thousand empty repeats": (
        HEAD + "  - repeat: 100000\n    layers: []\n" * 1000, "E501", 7, 5, "210,000",
    ),
    "billion laughs": (
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)),
        "E501", 7, 8, "1,000,000",
    ),
    "billion merges": (
        "a: &a {" + ",".join(f"k{i}: 1" for i in range(1000)) + "}\nb: {<<: [" + ",".join(["*a"] * 3000) + "]}\n", "E501", 2, 1504, "1,000,000",
    ),
    "deep lists": ("[" * 10**5, "E102", 1, 1001, "depth"),
    "deep mappings": ("{a: " * 10**5, "E501", 1, 401, "100 levels"),
    "deep dashes": ("- " * 10**5, "E501", 1, 201, "100 levels"),
    "deep questions": ("? " * 10**5, "E102", 1, 3, "plain word"),
    "terminal escape as kind": (HEAD + '  - "\\e[31mconv": 8\n', "E201", 3, 5, "\x1b[31mconv"),
    "terminal escape as name": (HEAD + '  - relu:\n    name: "a\\e]0;x\\a"\n', "E203", 4, 11, "no name"),
    "line break as name": (HEAD + '  - relu:\n    name: "a\\nb"\n', "E203", 4, 11, "no name"),
    "turned text as name": (HEAD + '  - relu:\n    name: "a\\u202eb"\n', "E203", 4, 11, "no name"),
    "list as name": (HEAD + "  - relu:\n    name: [a]\n", "E203", 4, 11, "no name"),
    "endless name": (HEAD + f"  - relu:\n    name: {'n' * 10**6}\n", "E203", 4, 11, "no name"),
    "escape as network": ('name: "\\e[2J"\n' + HEAD + "  - relu\n", "E203", 1, 7, "no name"),
    "escape as input": ('inputs: {"\\e[2J": 3x4x5}\nlayers: [relu]\n', "E203", 1, 19, "no name"),
    "escape as block": (HEAD + '  - relu\nblocks: {"\\e[2J": [relu]}\n', "E207", 4, 10, "no name"),
    "escape as branch": (HEAD + '  - branches: {"\\e[2J": [relu]}\n', "E203", 3, 25, "no name"),
    "half a character in JSON": ('{"input": "3x4x5", "layers": [{"relu": null, "name": "\\ud800"}]}', "E102", 1, 57, "escape"),
    "a character that YAML forbids": (HEAD + "  - relu\x07\n", "E102", 3, 9, "cannot stand"),
    "TOML cut off": ('input = "3x4x5"\nlayers = [\n', "E102", 2, 1, "Invalid"),
    "TOML twice": ('input = "3x4x5"\ninput = "1x2x3"\n', "E102", 2, 16, "overwrite"),
    "TOML date": ('input = "3x4x5"\n[[layers]]\nconv = 1979-05-27\n', "E203", 3, 8, "date"),
    "TOML NaN": ('input = "3x4x5"\n[[layers]]\ndropout = nan\n', "E203", 3, 11, ".nan"),
    "TOML dots": ('input = "3x4x5"\n' + "a." * 10**5 + "a = 1\n", "E501", 2, 1, "100 parts"),
    "TOML depth": ("a = " + "[" * 10**5, "E501", 1, 1, "levels"),
    "a very long line": (HEAD + "  - conv: {out_channels: 8, " + " " * 10**6 + "kernal: 8}\n", "E202", 3, 1000029, "kernal"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_mistake_has_its_code_and_its_place(name) -> None:
    text, code, line, column, words = CASES[name]
    first = problems(text)[0]
    assert (first.code, first.place.line, first.place.column) == (f"CNN-{code}", line, column), first
    assert words in first.message
    if first.place.line:
        assert (
            first.source_line == (text + "\n").split("\n")[first.place.line - 1].rstrip("\r") or not first.source_line
        )


def test_the_caret_stands_below_its_column_however_long_the_line() -> None:
    for name, (text, *_) in CASES.items():
        shown = str(problems(text)[0])
        source = next((line for line in shown.splitlines() if line[:8].strip().isdigit()), None)
        if source is not None and name != "empty":
            caret = shown.splitlines()[shown.splitlines().index(source) + 1]
            assert len(source) < 140
            assert caret.index("^") <= len(source), name


SIX = """input: 3x17x19
bogus: 1
layers:
  - convv: 8
  - conv: {out_channels: 8, kernal: 3}
  - conv: 8
    from: nope
  - conv: 8
    name: x
    from: input
  - conv: {out_channels: 9, groups: 2}
    from: x
  - linear: {in_features: 3, out_features: 10}
    from: x
  - add: [x, input]
"""


def test_independent_mistakes_come_in_one_run_in_order() -> None:
    found = problems(SIX)
    assert [(p.place.line, p.code[-3:]) for p in found] == [
        (2, "202"), (4, "201"), (5, "202"), (7, "301"), (11, "402"), (13, "405"), (15, "403"),
    ]  # fmt: skip


def test_what_follows_from_a_mistake_is_not_told() -> None:
    assert len(problems(HEAD + "  - convv: 8\n  - flatten\n  - linear: {in_features: 5, out_features: 1}\n")) == 1
    assert len(problems(HEAD + "  - conv: {out_chanels: 8}\n")) == 1
    assert len(problems(HEAD + "  - basic_block: {chanels: 8}\n")) == 1


@pytest.mark.parametrize(
    "body", ["conv: {out_channels: c, kernal: 3}", "conv: {out_channels: c, groups: 5}", "conv: 0 - i"]
)
def test_a_mistake_in_a_block_is_told_once_however_often_it_is_used(body) -> None:
    spec = (
        f"input: 3x17x19\nblocks:\n  b:\n    args: {{c: 8, i: 1}}\n    layers:\n      - {body}\n"
        "layers:\n  - repeat: {times: 50, as: i}\n    layers:\n      - b: {i: i + 1}\n        from: input\n"
    )
    found = problems(spec)
    assert [p.place.line for p in found] == [6]
    assert "repeat1.0.b1" in found[0].place.layer, "the first of them"


def test_a_mistake_inside_a_library_block_stands_at_each_call() -> None:
    found = problems(HEAD + "".join(f"  - basic_block: {{channels: 8, stride: {s}}}\n" for s in (0, -1)))
    assert [p.place.line for p in found] == [3, 4]
    found = problems(HEAD + "  - dense_block: {times: 1000000000}\n")
    assert [(p.code, p.place.line, p.source_line.strip()) for p in found] == [
        ("CNN-E501", 3, "- dense_block: {times: 1000000000}")
    ]


# Values of every wrong and right type, for every field of every kind.

VALUES = [
    [], [1], [[1]], [[[1]]], [1, 2, 3, 4, 5], ["a"], [None], [{}], {}, {"a": 1}, "word", "", "3x3", "-1", "0", "${x}",
    "${", "1/0", True, False, None, 10**30, 10**400, 2**31, 2**31 - 1, 2**63, 2**64, -1, 0, -(2**31), float("nan"),
    float("inf"), -float("inf"), 0.5, 3.0, -0.0, 1e308, "same", "torch", "in_channels", "in_shape", "\x1b[2J", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("kind", BY_NAME)
def test_any_value_in_any_field_is_taken_or_refused(kind) -> None:
    fields = BY_NAME[kind].__struct_fields__
    base = dict.fromkeys(required(BY_NAME[kind]), 1)
    item: dict = {"name": "q", "from": ["input"] * max(1, BY_NAME[kind].arity[0])}
    for shape in ("3x17x19", "12", "7x6"):
        for value in VALUES:
            for body in (value, *({**base, field: value} for field in fields)):
                before = time.process_time()
                outcome(lambda: cnnshape.analyze_data({"input": shape, "layers": [{kind: body, **item}]}))  # noqa: B023
                assert time.process_time() - before < SECONDS, body


@pytest.mark.parametrize(
    "where",
    ["name", "input", "inputs", "vars", "blocks", "layers", "outputs", "expect", "from", "when", "frozen", "promise",
     "item", "repeat", "times", "over", "as", "residual", "shortcut", "merge", "branches", "branch", "sequence", "share",
     "args", "argument", "body", "doc", "layer name", "size", "variable"],
)  # fmt: skip
def test_any_value_in_any_place_is_taken_or_refused(where) -> None:
    for value in VALUES:
        spec: dict = {"input": [3, 17, 19], "layers": [{"conv": 4, "name": "a"}]}
        items = {
            "from": {"relu": None, "from": value}, "when": {"relu": None, "when": value}, "item": value,
            "frozen": {"relu": None, "frozen": value}, "promise": {"relu": None, "expect": {"receptive_field": value}},
            "repeat": {"repeat": value, "layers": ["relu"]}, "times": {"repeat": {"times": value}, "layers": ["relu"]},
            "over": {"repeat": {"over": value, "as": "i"}, "layers": ["relu"]}, "share": {"share": value},
            "as": {"repeat": {"over": [1, 2], "as": value}, "layers": ["relu"]}, "residual": {"residual": value},
            "shortcut": {"residual": ["relu"], "shortcut": value}, "merge": {"residual": ["relu"], "merge": value},
            "branches": {"branches": value}, "branch": {"branches": [["relu"], value]}, "sequence": {"sequence": value},
            "argument": {"basic_block": {"channels": value}}, "body": {"bottleneck": value}, "doc": {"relu": None, "doc": value},
            "layer name": {"relu": None, "name": value},
        }  # fmt: skip
        if where in items:
            spec["layers"].append(items[where])
        elif where == "args":
            spec["blocks"] = {"b": {"args": value, "layers": ["relu"]}}
        elif where == "size":
            spec["input"] = [3, value, 7]
        elif where == "variable":
            spec["vars"] = {"x": value}
            spec["layers"].append({"conv": "x"})
        else:
            spec[where] = value
        before = time.process_time()
        outcome(lambda: cnnshape.analyze_data(spec))  # noqa: B023
        assert time.process_time() - before < SECONDS, value


# Broken copies of real specs.


@pytest.mark.parametrize("name", CLASSICS)
def test_a_spec_that_ends_anywhere_is_a_spec_or_a_clear_error(name) -> None:
    text = zoo_text(name)
    step = (
        1 if name in ("alexnet", "lenet5", "resnet18", "unet", "convnext_tiny", "vgg16") else 7
    )  # the others are slow
    codes = {outcome(lambda: cnnshape.analyze_text(text[:end])) for end in range(0, len(text), step)}  # noqa: B023
    assert len(codes) > 3, "some prefixes fail in different ways"


TEXTS = [zoo_text(name) for name in ("lenet5", "resnet18", "unet", "googlenet", "convnext_tiny")]
TOKENS = ["\t", "\n", ": ", "- ", "{", "}", "[", "]", "*a", "&a ", "!!x ", "'", '"', "#", "|", ">", "%", "?", "~", "${", "}",
          "0", "-1", "9" * 30, "1e9", ".nan", "conv", "from: input", "name: a", "repeat: 9", "<<: *a", "\0", "\x1b", "\u2028"]  # fmt: skip


@settings(max_examples=400)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 12), st.sampled_from(TOKENS)), min_size=1, max_size=5),
)
def test_mutated_specs_are_specs_or_clear_errors(text, edits) -> None:
    for at, cut, token in edits:
        at %= len(text) + 1  # noqa: PLW2901
        text = text[:at] + token + text[at + cut :]
    outcome(lambda: cnnshape.analyze_text(text))


@settings(max_examples=200)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=4),
    st.data(),
)
def test_mutated_files_are_specs_or_clear_errors(tmp_path_factory, text, edits, data) -> None:
    raw = bytearray(text.encode())
    for at, byte in edits:
        raw[at % len(raw)] = byte
    path = tmp_path_factory.getbasetemp() / data.draw(st.sampled_from(["m.yaml", "m.json", "m.toml"]))
    path.write_bytes(raw)
    outcome(lambda: cnnshape.analyze(path))


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text_is_a_spec_or_a_clear_error(text) -> None:
    outcome(lambda: cnnshape.analyze_text(text))
    outcome(lambda: cnnshape.analyze_text(HEAD + "  - " + text))
    outcome(
        lambda: cnnshape.analyze_text(json.dumps({"input": "3x4x5", "layers": [text, {"relu": None, "name": text}]}))
    )


# Files, through the command line.


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEBIBYTES * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))


def refused(path, text: str | None = None, words: str = "") -> str:
    """The command ends with status 2, a place and a code; no traceback, little memory."""
    done = subprocess.run(
        [sys.executable, "-m", "cnnshape", "analyze", str(path)],
        input=None if text is None else text.encode("utf-8", "surrogatepass"), capture_output=True, check=False, preexec_fn=limited,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    err = done.stderr.decode()
    assert done.returncode == 2, err
    assert done.stdout == b""
    assert "Traceback" not in err
    assert "CNN-E" in err
    assert words in err
    clean(err)
    return err


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("a.yaml", b"input: 3x4x5\nname: \xff\xfe\nlayers: [relu]\n", "a.yaml:2:7: CNN-E101: byte 0xff is not UTF-8"),
        ("b.yaml", "input: 3x4x5\n".encode("utf-16"), "is not UTF-8"),
        ("c.yaml", b"\x7fELF\x02\x01\x01\0\0\0", "c.yaml: CNN-E101: the file is binary"),
        ("d.yaml", b"", "the file is empty"),
        ("e.json", b'{"input": "3x4x5", "layers": [', "e.json:1:31: CNN-E102"),
        ("f.toml", b"input = \n", "f.toml:1:9: CNN-E102"),
        ("g\x1b[2J.yaml", b"x", "g\\x1b[2J.yaml"),
        ("h.yaml", b"\xed\xa0\x80", "h.yaml:1:1: CNN-E101"),
    ],
    ids=str,
)
def test_broken_files(tmp_path, name, raw, words) -> None:
    (tmp_path / name).write_bytes(raw)
    refused(tmp_path / name, words=words)


def test_what_is_no_file(tmp_path, monkeypatch) -> None:
    def message(path) -> str:
        with pytest.raises(ModelError) as caught:
            cnnshape.analyze(str(path))
        return str(caught.value)

    assert "this is a directory" in message(tmp_path)
    assert "no such file" in message(tmp_path / "nowhere.yaml")
    assert "zoo:resnet50?" in message("zoo:resnet5O") or "resnet50" in message("zoo:resnet5O")
    assert "CNN-E101" in message("zoo:../layers/conv")
    assert "CNN-E101" in message("a\0b")
    assert "CNN-E101" in message("x" * 5000)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert "CNN-E101" in message(loop)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    shut = tmp_path / "shut.yaml"
    shut.write_text("x")
    monkeypatch.setattr("os.open", denied)  # the tests may run as root, whom nothing is denied
    assert "Permission denied" in message(shut)


def test_files_without_end_are_refused_in_little_memory(tmp_path) -> None:
    refused("/dev/zero", words="bytes")
    large = tmp_path / "large.yaml"
    with large.open("wb") as stream:
        stream.truncate(100 * 10**6)
    refused(large, words="100,000,000 bytes, the limit is 16,777,216")


HEAVY = {
    "lines": "\n" * 16_000_000,
    "comments": "#\n" * 8_000_000,
    "one word": "a" * 16_000_000,
    "layers": "input: 3x4x5\nlayers:\n" + "  - relu\n" * 400_000,
    "keys": "".join(f"k{i}: 1\n" for i in range(600_000)),
    "blocks": CASES["doubling blocks"][0],
    "laughs": CASES["billion laughs"][0],
    "TOML": "input = 1\n" + "[[layers]]\nrelu = 1\n" * 100_000,
    "JSON": '{"layers": [' + '"relu",' * 700_000,
    "JSON escapes": '{"a": "' + "\\ud83d\\ude00" * 1_000_000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_large_inputs_are_refused_within_512_mebibytes(name) -> None:
    refused("-", HEAVY[name])


@pytest.mark.parametrize("text", ["\ufeff{}", "{}\r\n{}", "{}"])
def test_marks_and_line_ends_do_no_harm(tmp_path, text) -> None:
    spec = "input: 3x4x5\nlayers:\n  - conv: {out_channels: 2, kernal: 3}\n"
    path = tmp_path / "a.yaml"
    path.write_bytes(
        text.replace("{}\r\n{}", "{}").format(spec).encode()
        if "\r" not in text
        else spec.replace("\n", "\r\n").encode()
    )
    with pytest.raises(ModelError) as caught:
        cnnshape.analyze(path)
    problem = caught.value.problems[0]
    assert (problem.place.line, problem.place.column) == (3, 29)
    assert problem.source_line == "  - conv: {out_channels: 2, kernal: 3}"
