"""`cnnshape sizes`: ranges, formats, exit statuses, mistakes; the table and the plot fit and say what the JSON says."""

from __future__ import annotations

import csv
import io
import json

import pytest
from jsonschema import Draft202012Validator

from cnnshape.render.plot import plot

FIXED = """
input: 3x16x16
layers:
  - conv: {out_channels: 4, kernel_size: 3, stride: 2}
  - flatten
  - linear: {out_features: 10, in_features: 196}
"""


@pytest.mark.parametrize(
    "args",
    [
        ("zoo:lenet5", "-r", "20:60"),
        ("zoo:unet", "-r", "150:220"),
        ("zoo:resnet18", "--width", "64:96", "--step", "8"),
        ("zoo:lenet5", "-r", "10:20x30:32"),
        ("zoo:lenet5",),
    ],
    ids=" ".join,
)
def test_json_is_what_its_schema_says_and_csv_has_the_same_rows(run, args) -> None:
    validator = Draft202012Validator(json.loads(run("schema", "sizes").out))
    data = json.loads(run("sizes", *args, "-f", "json").out)
    validator.validate(data)
    assert not validator.is_valid({key: value for key, value in data.items() if key != "rows"})
    rows = list(csv.DictReader(io.StringIO(run("sizes", *args, "-f", "csv").out)))
    assert [row["size"] for row in rows] == ["x".join(map(str, row["size"])) for row in data["rows"]]
    for shown, row in zip(rows, data["rows"], strict=True):
        assert shown["macs"] == ("" if row["macs"] is None else str(row["macs"]))
        assert shown["works"] == str(row["works"]).lower()


def test_the_table_tells_what_was_found(run) -> None:
    text = run("sizes", "zoo:resnet50", "-r", "32:512").out
    assert "works    481 of 481; the smallest is 1x1" in text
    assert "period   32" in text
    assert "81,456*H*W + 2,048,000 for multiples of 32" in text
    assert "4,089,184,256" in text
    assert "465 sizes more: --all" in text
    assert len(run("sizes", "zoo:resnet50", "-r", "32:512", "--all").out.splitlines()) > 481


def test_a_layer_of_fixed_size_is_a_finding(run, spec) -> None:
    done = run("sizes", spec(FIXED), "-r", "10:24")
    assert done.status == 0
    assert "works    2 of 15" in done.out
    assert "in_features=196" in done.out
    assert "refused  n" not in done.out
    rows = json.loads(run("sizes", "model.yaml", "-r", "10:24", "-f", "json").out)["rows"]
    assert [row["size"][0] for row in rows if row["works"]] == [15, 16]
    assert [row["size"][0] for row in rows if row["fits"]] == [15]


def test_no_size_that_works_is_status_1(run, spec) -> None:
    done = run("sizes", spec(FIXED), "-r", "30:40")
    assert done.status == 1
    assert "works    0 of 11" in done.out


def test_weights_that_change_with_the_size_are_told(run) -> None:
    text = run("sizes", "zoo:lenet5", "-r", "28:60").out
    assert "linear1: weight is 120x400 at 32x32 alone" in text
    assert "trained at 32x32: 4 sizes" in text
    assert "other weights" in text


def test_networks_of_other_tools_are_swept(run, tmp_path) -> None:
    (tmp_path / "small.cfg").write_text(
        "[net]\nheight=32\nwidth=32\nchannels=3\n\n"
        "[convolutional]\nfilters=8\nsize=3\nstride=2\npad=1\nactivation=leaky\n\n[maxpool]\nsize=2\nstride=2\n"
    )
    data = json.loads(run("sizes", "small.cfg", "-r", "16:48", "-f", "json").out)
    assert (data["working"], data["period"], data["model"]["format"]) == (33, 4, "darknet")


def test_both_options_are_every_pair(run) -> None:
    pairs = json.loads(run("sizes", "zoo:lenet5", "--height", "32:33", "--width", "40:41", "-f", "json").out)
    assert [row["size"] for row in pairs["rows"]] == [[32, 40], [32, 41], [33, 40], [33, 41]]
    assert pairs["mode"] == "grid"


def test_the_plot_is_as_wide_as_the_terminal(run, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = run("sizes", "zoo:lenet5", "-r", "28:60", "--plot", "peak_activation_bytes").out
    drawn = text.split("peak by size\n")[1].splitlines()
    assert max(map(len, drawn)) == 60
    assert drawn[0].startswith("147.0 KiB ")
    assert drawn[-1].split() == ["28", "60"]


def test_a_plot_in_plain_text_has_the_height_of_its_values() -> None:
    points = [(n, n * n) for n in range(1, 41)]
    lines = plot(points, "t", str, room=60, height=8, plain=True)
    assert all(line.isascii() for line in lines)
    cells = [line[len("1600 |") :].ljust(54) for line in lines[1:9]]
    heights = [sum(row[column] == "#" for row in cells) for column in range(54)]
    seen = [h for h in heights if h]
    assert seen == sorted(seen)
    assert max(heights) == 8


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "MODEL"),
        (("zoo:lenet6",), "did you mean lenet5?"),
        (("zoo:lenet5", "-r", "60:20"), "20:60"),
        (("zoo:lenet5", "-r", "a"), "A:B"),
        (("zoo:lenet5", "-r", "0:20"), "positive"),
        (("zoo:lenet5", "-r", "0:5"), "fix: 1:5"),
        (("zoo:lenet5", "-r", "2147483640:2147483647"), "sizes go up to 999,999,999"),
        (("zoo:lenet5", "-r", "1:" + "9" * 40), "sizes go up to 999,999,999"),
        (("zoo:lenet5", "-r", "1:2x3:4x5:6"), "A:BxC:D"),
        (("zoo:lenet5", "-r", "1:999999"), "--step 10"),
        (("zoo:lenet5", "-r", "1:400x1:400"), "larger --step"),
        (("zoo:lenet5", "-r", "1:9", "--height", "1:9"), "different things"),
        (("zoo:lenet5", "--plot", "mac"), "did you mean macs?"),
        (("zoo:lenet5", "-f", "jsn"), "did you mean json?"),
        (("zoo:lenet5", "--dtype", "float31"), "did you mean float32?"),
        (("sound.yaml", "--height", "1:9"), "no input has a height"),
        (("flat.yaml",), "no input is an image"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_mistakes_are_explained(run, spec, args, words) -> None:
    spec("input: 3x16\nlayers: [conv: 4]", "sound.yaml")
    spec("input: 16\nlayers: [linear: 4]", "flat.yaml")
    done = run("sizes", *args)
    assert (done.status, done.out) == (2, "")
    assert words in done.err


def test_weights_that_only_some_sizes_have_are_other_weights(run, spec) -> None:
    name = spec("inputs: {q: 5x8, kv: 7x6}\nlayers:\n  - multi_head_attention: 2\n    from: [q, kv, kv]\n")
    rows = json.loads(run("sizes", name, "--range", "4:9", "-f", "json").out)["rows"]
    assert [row["size"][0] for row in rows if row["works"]] == [4, 6, 8]
    assert [row["size"][0] for row in rows if row["same_weights"]] == [8]


def test_an_input_of_four_axes_is_not_swept(run, spec) -> None:
    done = run("sizes", spec("input: 2x4x4x4x4\nlayers: [relu]\n"), "--range", "3:5")
    assert done.status == 2
    assert "4 spatial axes" in done.err
