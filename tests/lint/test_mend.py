"""--fix: a change is a splice; comments and layout stay, and the spec still analyses."""

from __future__ import annotations

import pytest
from test_faults import FAULTS, text_of

from cnnshape import api
from cnnshape.lint import every_rule
from cnnshape.lint.edit import edited
from cnnshape.lint.found import Change
from cnnshape.lint.mend import mend
from cnnshape.lint.settings import Settings
from cnnshape.spec.source import parse

FIXING = [one for one in every_rule() if one.fixes]


def analyse(text):
    document = parse(text)
    return (*api.analyze_document(document), document)


def mended(text, *select):
    return mend(text, analyse, Settings(select=select, severity="info"))


@pytest.mark.parametrize("one", FIXING, ids=[one.name for one in FIXING])
def test_the_bad_example_is_mended_and_analyses(one) -> None:
    text, done = mended(one.bad, one.name)
    assert done
    assert not mended(text, one.name)[1]
    before, after = analyse(one.bad)[1], analyse(text)[1]
    assert after.outputs[0].shape[1:] == before.outputs[0].shape[1:] or one.name == "padded-pointwise"


LAYOUTS = [
    ("  - conv: 8  # a", "  - conv: {out_channels: 8, bias: false}  # a"),
    ("  - conv: {out_channels: 8}  # b", "  - conv: {out_channels: 8, bias: false}  # b"),
    ("  - conv: { out_channels: 8 }", "  - conv: { out_channels: 8, bias: false }"),
    ("  - conv: {filters: 8, use_bias: true}", "  - conv: {filters: 8, use_bias: false}"),
    ("  - Conv2d: {out_channels: 8, bias: yes}", None),
    (
        "  - conv:\n      out_channels: 8  # c\n      # d",
        "  - conv:\n      out_channels: 8  # c\n      bias: false\n      # d",
    ),
    (
        "  - conv:\n      out_channels: 8\n    name: x # e",
        "  - conv:\n      out_channels: 8\n      bias: false\n    name: x # e",
    ),
    ("  - name: x\n    conv: 2*4 # f", "  - name: x\n    conv: {out_channels: 2*4, bias: false} # f"),
    ("  - conv: max(4, 8) # g", '  - conv: {out_channels: "max(4, 8)", bias: false} # g'),
    ("  - conv: '8'", "  - conv: {out_channels: '8', bias: false}"),
    ("  - {conv: 8, name: x}", "  - {conv: {out_channels: 8, bias: false}, name: x}"),
    ("  - convolution: 8", "  - convolution: {out_channels: 8, bias: false}"),
    ("  - conv: &c {out_channels: 8}", "  - conv: &c {out_channels: 8, bias: false}"),
]


@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("before", "after"), LAYOUTS)
def test_a_field_is_set_where_it_belongs_and_nothing_else_changes(before, after, breaks) -> None:
    frame = "# head\ninput: 3x31x37   # image\nlayers:\n{}\n  - batch_norm # norm\n\n  - relu\n# tail"
    text = frame.format(before).replace("\n", breaks)
    if after is None:
        with pytest.raises(api.ModelError):
            mended(text, "bias-before-norm")
        return
    new, done = mended(text, "bias-before-norm")
    assert len(done) == 1
    assert new == frame.format(after).replace("\n", breaks)


@pytest.mark.parametrize("fault", [fault for _, fault in FAULTS], ids=[name for name, _ in FAULTS])
def test_every_mended_fault_analyses_keeps_its_promises_and_is_mended_for_good(fault) -> None:
    text = text_of(fault)
    new, done = mended(text)
    if not done:
        assert new == text
    assert len(analyse(new)[1].failed) <= len(analyse(text)[1].failed)
    assert mended(new) == (new, [])
    kept = [line for line in new.splitlines() if line in text.splitlines()]
    assert len(kept) >= len(text.splitlines()) - 2 * len(done)  # a change touches its own lines


def test_an_item_that_a_block_or_a_variable_names_is_left_alone() -> None:
    block = "input: 3x31x37\nblocks:\n  b: [conv: 8]\nlayers:\n  - b\n  - batch_norm\n  - relu\n"
    new, done = mended(block, "bias-before-norm")
    assert new.count("bias: false") == len(done) == 1  # inside the block, which is written here
    word = "input: 3x31x37\nvars: {kind: conv}\nlayers:\n  - ${kind}: 8\n  - batch_norm\n  - relu\n"
    assert mended(word, "bias-before-norm") == (word, [])
    library = "input: 3x31x37\nlayers:\n  - separable_conv: 8\n  - batch_norm\n  - relu\n"
    assert mended(library, "bias-before-norm") == (library, [])


def test_a_line_that_also_writes_layers_that_are_fine_is_left_alone() -> None:
    text = """
input: 8x31x37
layers:
  - repeat: {times: 2, as: i}
    layers:
      - conv: {out_channels: 8, padding: 1}
      - batch_norm:
        when: i == 0
      - relu
"""
    assert mended(text, "bias-before-norm") == (text, [])


def test_a_change_that_breaks_a_promise_is_not_made() -> None:
    text = "input: 3x31x37\nlayers:\n  - conv: 8\n  - batch_norm\n  - relu\nexpect: {params: 240}\n"
    assert analyse(text)[1].failed == []
    assert mended(text, "bias-before-norm") == (text, [])


def test_a_layer_that_others_name_is_not_removed() -> None:
    text = "input: 3x31x37\nlayers:\n  - conv: 8\n  - {dropout: 0, name: d}\n  - relu\n  - add: d\n"
    assert mended(text, "no-effect") == (text, [])


COUNTED = {
    "concat": "input: 3x31x37\nlayers: [conv: {out_channels: 8, padding: 1}, dropout: 0, conv: {out_channels: 16, padding: 1},"
    " dropout: 0.5, conv: {out_channels: 8, padding: 1}, dropout: 0.5, concat: dropout2]\n",
    "add": "input: 3x31x37\nlayers: [conv: {out_channels: 8, padding: 1}, relu, relu, conv: {out_channels: 8, padding: 1},"
    " relu, conv: {out_channels: 8, padding: 1}, relu, add: relu3]\n",
    "from": "input: 3x31x37\nlayers: [conv: 8, dropout: 0, conv: 8, dropout: 0.5, conv: 8, dropout: 0.5,"
    " {conv: 8, from: dropout2}]\n",
    "outputs": "input: 3x31x37\nlayers: [conv: 8, dropout: 0, conv: 8, dropout: 0.5, conv: 8, dropout: 0.5]\n"
    "outputs: [dropout2]\n",
    "its own promise": "input: 3x31x37\nlayers: [conv: 8, {dropout: 0, expect: {shape: 8x29x35}}, relu]\n",
}


@pytest.mark.parametrize("text", COUNTED.values(), ids=COUNTED)
def test_a_layer_is_not_removed_where_another_would_then_be_read_or_a_promise_be_lost(text) -> None:
    new, _ = mended(text, "no-effect", "activation-without-effect")
    assert new == text


def test_a_layer_is_removed_where_automatic_names_move_and_mean_the_same() -> None:
    text = "input: 3x31x37\nlayers: [conv: 8, relu, relu, conv: 8, relu, {conv: 8, name: c}, {identity: , from: c}]\n"
    assert mended(text, "activation-without-effect")[0] == text.replace("relu, relu", "relu")


ANCHORS = [
    "  - conv: &c {out_channels: 8, padding: 1}\n  - batch_norm\n  - relu\n  - conv: *c\n  - relu",
    "  - &u {conv: 8}\n  - batch_norm\n  - relu\n  - *u\n  - relu",
    "  - &u\n    conv: 8\n  - batch_norm\n  - relu\n  - *u\n  - relu",
    "  - conv: &c {out_channels: 8, padding: 1}\n  - batch_norm\n  - relu\n  - conv: {<<: *c, kernel_size: 5}\n  - relu",
]


@pytest.mark.parametrize("layers", ANCHORS)
def test_an_anchor_that_also_writes_layers_that_are_fine_is_left_alone(layers) -> None:
    text = f"input: 3x31x37\nlayers:\n{layers}\n"
    assert mended(text, "bias-before-norm") == (text, [])


def test_an_anchor_whose_layers_are_all_at_fault_is_mended() -> None:
    text = f"input: 3x31x37\nlayers:\n{ANCHORS[0]}\n".replace("*c\n", "*c\n  - batch_norm\n")
    assert mended(text, "bias-before-norm")[0] == text.replace("padding: 1}", "padding: 1, bias: false}")


def test_padding_stays_where_the_parameters_of_another_layer_hang_on_it() -> None:
    text = "input: 3x31x37\nlayers: [conv: {out_channels: 8, kernel_size: 1, padding: 1}, relu, flatten, linear: 10]\n"
    assert mended(text, "padded-pointwise") == (text, [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[conv: 8, relu, relu]", "[conv: 8, relu]"),
        ("[dropout: 0, conv: 8, relu]", "[conv: 8, relu]"),
        (
            "\n  - conv: 8\n  - relu # one\n  - relu: # two\n  # next\n  - max_pool: 2",
            "\n  - conv: 8\n  - relu # one\n  # next\n  - max_pool: 2",
        ),
        ("\n- conv: 8\n- relu\n- relu", "\n- conv: 8\n- relu\n"),
    ],
)
def test_an_item_goes_with_its_own_line_alone(before, after) -> None:
    new, done = mended(f"input: 3x31x37\nlayers: {before}", ["L1", "L2"][0], "L2")
    assert len(done) == 1
    assert new == f"input: 3x31x37\nlayers: {after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("vars: {a: 1, w: 8}", "vars: {w: 8}"),
        ("vars: {w: 8, a: 1}", "vars: {w: 8}"),
        ("vars:\n  w: 8 # width\n  a: 1 # none\n", "vars:\n  w: 8 # width\n"),
        ("vars:\n  a:\n    - 1\n    - 2\n  w: 8\n", "vars:\n  w: 8\n"),
    ],
)
def test_an_unused_variable_goes(before, after) -> None:
    new, done = mended(f"{before}\ninput: 3x31x37\nlayers: [conv: w, relu]\n", "unused-variable")
    assert len(done) == 1
    assert new == f"{after}\ninput: 3x31x37\nlayers: [conv: w, relu]\n"


def test_the_last_variable_takes_its_section_along() -> None:
    text = "input: 3x31x37\nvars:\n  a: 1\nlayers: [conv: 8, relu]\n"
    assert mended(text, "unused-variable")[0] == "input: 3x31x37\nlayers: [conv: 8, relu]\n"


def test_a_promise_is_appended_and_holds() -> None:
    text, done = mended("input: 3x31x37\nlayers: [conv: 8, relu]", "no-expectation")
    assert text.endswith("\nexpect: {shape: [8, 29, 35], params: 224}\n")
    assert done
    assert analyse(text)[1].failed == []


def test_a_place_that_is_no_item_and_a_text_that_is_no_yaml_change_nothing() -> None:
    change = Change("set", "bias", value=False)
    assert edited("layers: [conv: 8]", 7, 7, "conv", change) is None
    assert edited("layers: [", 1, 1, "conv", change) is None
    assert edited("- a", 1, 3, "conv", change) is None
