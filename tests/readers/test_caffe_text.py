"""The text format of protocol buffers: what is read, where mistakes are told, and what hostile text cannot do."""

import random
import time

import pytest
from caffe_nets import HEAD, LENET, layer, problems, report

from cnnshape.errors import ModelError
from cnnshape.readers.caffe.text import Lines, Message, parse


def plain(value):
    return [(name, plain(v)) for name, v, _ in value.fields] if isinstance(value, Message) else value


def parsed(text):
    mistakes = []
    found = parse(text, lambda offset, message: mistakes.append((Lines(text).place(offset), message)))
    return plain(found), mistakes


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a: 1 b: -2 c: 0x1F d: 017 e: -0x10", [("a", 1), ("b", -2), ("c", 31), ("d", 15), ("e", -16)]),
        ("a: 1.5 b: 1e3 c: .5f d: 2f e: -1.e-1", [("a", 1.5), ("b", 1000.0), ("c", 0.5), ("d", 2.0), ("e", -0.1)]),
        ("a: inf b: -INF c: -infinity", [("a", float("inf")), ("b", -float("inf")), ("c", -float("inf"))]),
        ("a: MAX b: true", [("a", "MAX"), ("b", "true")]),
        ("a: 'x' \"y\"  # why\n 'z'", [("a", "xyz")]),
        (r"a: '\x41\102\n\'\\' b: '\u00e9'", [("a", "AB\n'\\"), ("b", "é")]),
        ("a { b: 1 } c < d: 2 > e: { } f: <>", [("a", [("b", 1)]), ("c", [("d", 2)]), ("e", []), ("f", [])]),
        ("a: [1, 2,3] b: [] c: ['x', 'y' 'z']", [("a", 1), ("a", 2), ("a", 3), ("c", "x"), ("c", "yz")]),
        ("a: [{b: 1}, <b: 2>] c [{}]", [("a", [("b", 1)]), ("a", [("b", 2)]), ("c", [])]),
        ("a: 1, b: 2; c { d: 3; }, e: 4", [("a", 1), ("b", 2), ("c", [("d", 3)]), ("e", 4)]),
        ("#\n# x\n a#y\n:#z\n1", [("a", 1)]),
        ("", []),
    ],
)
def test_what_the_format_allows_is_read(text, fields):
    assert parsed(text) == (fields, [])


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\nb", 2, 2),
        ("a 1", 1, 3),
        ("a {\n b: 1\n", 1, 1),
        ("a { b: 1 >", 1, 10),
        ("}", 1, 1),
        ("a: 'x\n'", 1, 4),
        ("a: 08", 1, 4),
        ("a: 1x", 1, 4),
        ("a: [1 2]", 1, 7),
        ("a: [1,", 1, 7),
        ("a:\n\n  ?", 3, 3),
        ("a: -", 1, 4),
        ("a: " + "9" * 500, 1, 4),
    ],
)
def test_a_mistake_is_told_at_its_place(text, line, column):
    mistakes = parsed(text)[1]
    assert [place for place, _ in mistakes] == [(line, column)]


def test_reading_goes_on_at_the_next_layer():
    text = HEAD + "layer { name: ? }\n" + layer("ReLU", tops="a") + "layer { name: 'a }\n" + layer("ReLU", tops="b")
    assert [(code, line) for code, line, _, _ in problems(text)] == [("CNN-E106", 2), ("CNN-E106", 4)]


def test_nesting_is_bounded_without_recursion():
    deep = "a {" * 100 + "}" * 100
    assert parsed(deep)[1] == []
    assert "nested deeper than 100" in parsed("a {" * 100_000)[1][0][1]
    assert "nested deeper than 100" in parsed("a: [{" * 100_000)[1][0][1]


@pytest.mark.parametrize(
    "text",
    [
        "layer{\n" * 100_000,
        "#" * 1_000_000 + "\n#" * 100_000,
        " " * 1_000_000 + "\\",
        "a:-" + " " * 1_000_000,
        'a: "x" ' + '"y" ' * 100_000,
        "a: 1" + "0" * 1_000_000,
        "[a" * 100_000,
        'layer { name: "' + "a" * 1_000_000 + '" type: "ReLU" bottom: "' + "b" * 1_000_000 + '" }',
        HEAD + layer("Slice", tops="y " + "x " * 50_000),
        HEAD + layer("Reshape", fields="reshape_param { shape { " + "dim: 1 " * 50_000 + "} }"),
        HEAD + "".join(layer("ReLU", tops=f"t{k}", name="a" + "_2" * k) for k in range(1500)) + layer("ReLU", "d", "a"),
        HEAD + layer("Tile", fields="tile_param { tiles: 2147483647 }") + layer("Tile", "y", "z", "tile_param { axis: 2 tiles: 2147483647 }"),
        "input: 'data' input_shape { dim: 2147483647 dim: 2147483647 dim: 2147483647 } " + layer("ReLU"),
        HEAD + layer("ReLU", name="a\x1b[2J\u202e", tops="data", fields='bottom: "\x1b[2J"'),
    ],
    ids=range(14),
)  # fmt: skip
def test_hostile_text_is_refused_in_time(text):
    start = time.process_time()
    with pytest.raises(ModelError) as error:
        report(text)
    assert error.value.problems
    assert "\x1b" not in str(error.value)
    assert time.process_time() - start < 5  # alone it is well below one


def test_names_that_are_used_often_stay_apart():
    text = HEAD + "".join(layer("ReLU", tops=f"t{k}", name="a") for k in range(2000))
    names = [row.name for row in report(text).layers]
    assert len(set(names)) == 2000


def mutants(count):
    draw = random.Random(7)
    extra = layer("Python", "data", "rois") + layer(
        "ROIPooling", "conv2 rois", "p", "roi_pooling_param { pooled_h: 2 pooled_w: 3 }"
    )
    extra += layer("InnerProduct", "p", "fc", "inner_product_param { num_output: 5 axis: 1 }") + layer(
        "Crop", "data pool1", "cut", "crop_param { axis: 2 offset: 1 }"
    )
    extra += layer("Slice", "pool2", "s1 s2", "slice_param { axis: 1 slice_point: 3 }") + layer(
        "Scale", "conv2", "sc", "scale_param { axis: 1 num_axes: 2 bias_term: true }"
    )
    source = LENET + extra
    tokens = source.split()
    words = [
        "0",
        "-1",
        "1",
        "3",
        "99999999999",
        "1e9",
        "true",
        '"data"',
        '"conv2"',
        '"ReLU"',
        '"Eltwise"',
        "{",
        "}",
        "axis:",
        "shape",
    ]
    yield source
    for at in range(count):
        if at % 4 == 0:
            yield source[: draw.randrange(len(source))]
        elif at % 4 == 1:
            letters = list(source)
            for _ in range(draw.randrange(1, 4)):
                letters[draw.randrange(len(letters))] = draw.choice("{}<>[]:\"'#0123456789-ax\n\\,")
            yield "".join(letters)
        else:
            changed = list(tokens)
            for _ in range(draw.randrange(1, 4)):
                changed[draw.randrange(len(changed))] = draw.choice(words if at % 4 == 2 else tokens)
            yield " ".join(changed)


def refusal(text):
    """The problems of a text; None where it is read."""
    try:
        report(text)
    except ModelError as error:
        return error.problems
    return None


def test_changed_and_cut_texts_are_read_or_refused_with_a_reason():
    """Whatever is done to a text: a report, or problems; never another exception."""
    reasons = [refusal(text) for text in mutants(600)]
    read, refused = reasons.count(None), len([found for found in reasons if found])
    assert read + refused == len(reasons)
    assert read > 20
    assert refused > 300
