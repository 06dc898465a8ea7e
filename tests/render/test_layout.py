"""--layout: the same numbers, with the channels of images behind their space."""

import json


def shapes(text):
    found = json.loads(text)
    return [tuple(s) for row in found["layers"] for key in ("input_shapes", "output_shapes") for s in row[key]]


def test_only_the_channels_of_images_move(run):
    plain = run("analyze", "zoo:lenet5", "--format", "json").out
    moved = run("analyze", "zoo:lenet5", "--format", "json", "--layout", "NHWC").out
    turned = [(s[0], *s[2:], s[1]) if len(s) > 3 else s for s in shapes(plain)]
    assert shapes(moved) == turned != shapes(plain)
    a, b = json.loads(plain), json.loads(moved)
    assert [row["weights"] for row in a["layers"]] == [row["weights"] for row in b["layers"]]
    assert a["totals"] == b["totals"]
    assert b["inputs"][0]["shape"] == [1, 32, 32, 1]


def test_the_table_shows_the_layout_that_is_asked_for(run):
    assert "1x28x28x6" in run("analyze", "zoo:lenet5", "--layout", "nhwc").out
    assert "1x6x28x28" in run("analyze", "zoo:lenet5", "--layout", "NCHW").out


def test_another_layout_is_refused(run):
    found = run("analyze", "zoo:lenet5", "--layout", "CHWN")
    assert found.status == 2
    assert "NCHW or NHWC" in found.err
