"""Network -> spec -> network: the same numbers, and no longer than a person would write it."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import BATCH, NASTY, ZOO, network_of
from samples import SAMPLES

from cnnshape.api import analyze_network
from cnnshape.calculate import calculate
from cnnshape.cli.convert import spec, tell_batch
from cnnshape.errors import ModelError
from cnnshape.facts import fixed_batch
from cnnshape.layers import BY_NAME
from cnnshape.layers.conv import Conv
from cnnshape.layers.linear import Linear
from cnnshape.layers.merge import Add, Concat, Mul
from cnnshape.layers.norm import BatchNorm
from cnnshape.layers.other import Foreign
from cnnshape.layers.piecewise import LeakyRelu, Relu
from cnnshape.network import Input, Network, Node
from cnnshape.ops import Ops
from cnnshape.readers import Options, read
from cnnshape.readers.detect import told
from cnnshape.readers.file import File
from cnnshape.report import Report
from cnnshape.sizes.sweeping import Images
from cnnshape.spec import load, parse
from cnnshape.writers.yaml import written
from cnnshape.writers.yaml.held import difference
from cnnshape.writers.yaml.order import branchwise
from cnnshape.writers.yaml.reduce import in_batch

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT.parent / "shared" / "truth"
#: How long the spec of each file is at most.
LINES = {
    row["file"]: int(row["lines"])
    for row in csv.DictReader((ROOT / "tests" / "data" / "yaml_lines.csv").read_text().splitlines()[1:])
}
FILES = sorted(path for end in ("onnx", "cfg", "prototxt", "json") for path in TRUTH.glob(f"*/**/*.{end}"))


def rows(report: Report):
    """Every number of every layer, by hand: what `difference` compares must not be all there is."""
    return [
        (
            row.kind,
            row.output_shapes,
            row.params,
            row.trainable_params,
            row.buffers,
            row.macs,
            row.ops,
            row.receptive_field,
        )
        for row in report.layers
    ]


def again(text: str, batch: int = 1) -> Report:
    network, problems = load(parse(text, "again.yaml"))
    assert not problems, text
    return calculate(network, batch)


def dug(network: Network, report: Report):
    """Every layer with everything above it, as one mark each; an oracle that knows no order.

    A sum may read its inputs in either order, and a learned array reads none.
    """
    marks = [f"input {number}" for number in range(len(network.inputs))]
    for node, row in zip(network.nodes, rows(report), strict=True):
        above = [marks[value] for value in node.inputs]
        above = sorted(above) if row[0] == "add" else [] if row[0] == "parameter" else above
        mark = hashlib.sha256(repr((row, node.frozen, node.share is None, above)).encode()).hexdigest()
        marks += [f"{mark} {number}" for number in range(len(node.outputs))] or []
    return sorted(marks), [marks[value] for value in network.outputs]


def check_same(network: Network, batch: int = 1) -> str:
    report = calculate(network, batch)
    text = spec(network, report)
    read_back = again(text, batch)
    assert dug(load(parse(text, "again.yaml"))[0], read_back) == dug(network, report)
    for total in ("params", "buffers", "macs", "ops", "activation_bytes", "peak_activation_bytes", "receptive_field"):
        assert getattr(read_back.totals, total) == getattr(report.totals, total), total
    if rows(read_back) != rows(report):
        assert branchwise(network) is not None
    else:
        assert difference(report, read_back) == ""
    return text


def from_spec(text: str) -> Network:
    network, problems = load(parse(text, "drawn.yaml"))
    assert not problems
    return network


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_is_the_same_and_short(name):
    network, _ = analyze_network(f"zoo:{name}")
    text = check_same(network)
    own = ROOT / "cnnshape" / "zoo" / f"{name}.yaml"
    if own.exists():
        assert text.count("\n") <= max(2.5 * own.read_text().count("\n"), 0.2 * len(network.nodes))


@pytest.mark.parametrize(
    ("name", "most"), [("resnet50", 33), ("resnet152", 33), ("densenet121", 32), ("googlenet", 36)]
)
def test_repeats_are_folded(name, most):
    network, report = analyze_network(f"zoo:{name}")
    assert spec(network, report).count("\n") <= most


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TRUTH).as_posix())
def test_what_a_reader_reads_is_written_and_read_again(path):
    file = File(str(path))
    try:
        network, problems = read(file, told(file), Options())
        if problems:
            raise ModelError(problems)
        calculate(network, network.batch)
    except ModelError:
        pytest.skip("it is not read")
    if path.name == "resnet152_trident.cfg":  # weights shared by convolutions of other dilations
        with pytest.raises(ModelError, match="CNN-E702"):
            check_same(network)
        return
    text = check_same(network, network.batch)
    assert text.count("\n") <= LINES[path.relative_to(TRUTH).as_posix()]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=7))
def test_every_kind_is_written_with_its_fields(picks):
    check_same(network_of(picks), BATCH)


def test_every_kind_has_a_sample_that_is_written():
    for sample in SAMPLES:
        check_same(network_of([sample]), BATCH)
    assert {layer.kind for layer, _ in SAMPLES} == set(BY_NAME)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_name_is_made_legal_and_stays_its_own(data):
    picks = data.draw(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=5))
    names = data.draw(st.lists(NASTY, min_size=len(picks), max_size=len(picks), unique=True))
    check_same(network_of(picks, names), BATCH)


#: Layers that keep the shape 6x7x11, so that any of them may follow any other.
CHAIN = [
    Conv(out_channels=6, kernel_size=3, padding=1, bias=False),
    Conv(out_channels=6, kernel_size=3, padding=1),
    Conv(out_channels=6, kernel_size=5, padding=2),
    Conv(out_channels=6, kernel_size=1),
    Conv(out_channels=6, kernel_size=3, padding=((0, 2), (1, 1))),
    BatchNorm(),
    Relu(),
    LeakyRelu(negative_slope=0.1),
]
MERGES = [Add(), Mul(), Concat(dim=2)]


@st.composite
def graphs(draw):
    """Chains with jumps: repeated motifs, merges of any earlier values, several outputs, frozen and shared layers."""
    nodes: list[Node] = []
    value, size = 0, {0: (7, 11)}
    motif = draw(st.lists(st.sampled_from(CHAIN), min_size=1, max_size=4))
    entry = 0
    for _ in range(draw(st.integers(1, 9))):
        what = draw(st.sampled_from(["motif", "motif", "layer", "residual", "jump", "share"]))
        start = value
        if what == "share":
            owners = [n for n in nodes if n.share is None and isinstance(n.layer, Conv)]
            if owners:
                owner = draw(st.sampled_from(owners))
                nodes.append(Node(f"n{value}", owner.layer, (value,), (value + 1,), share=owner.name))
                value += 1
                size[value] = size[start]
            continue
        layers = motif if what in ("motif", "residual") else [draw(st.sampled_from(CHAIN))]
        if what == "jump":
            entry = draw(st.integers(0, value))
        source = entry if what == "jump" else value
        for layer in layers:
            frozen = draw(st.integers(0, 9)) == 0
            nodes.append(Node(f"n{value}", layer, (source,), (value + 1,), frozen=frozen))
            size[value + 1] = size[source]
            value += 1
            source = value
        if what in ("residual", "jump"):
            other = start if what == "residual" else draw(st.integers(0, value))
            if size[other] == size[value]:
                merge = draw(st.sampled_from(MERGES))
                pair = draw(st.permutations([value, other]))
                nodes.append(Node(f"n{value}", merge, tuple(pair), (value + 1,)))
                grown = size[value] if merge.kind != "concat" else (2 * size[value][0], 11)
                value += 1
                size[value] = grown
    outputs = draw(st.just((value,)) | st.lists(st.integers(0, value), min_size=1, max_size=3, unique=True).map(tuple))
    nodes = [Node(n.name, n.layer, n.inputs, n.outputs, share=n.share, frozen=n.frozen) for n in nodes]
    return Network("drawn", [Input("input", (6, 7, 11))], nodes, outputs, "drawn.yaml")


@settings(deadline=None, max_examples=300)
@given(graphs())
def test_any_graph_is_written_and_read_again(network):
    if network.nodes:
        check_same(network)


def test_a_chain_that_comes_again_is_a_block_with_what_varies_as_arguments():
    unit = (
        "  - conv: {{out_channels: {0}, kernel_size: 5, padding: {1}}}\n  - batch_norm\n  - tanh\n  - dropout: 0.25\n"
    )
    parts = [
        unit.format(8, 2),
        "  - max_pool: 2\n",
        unit.format(16, 2),
        "  - flatten\n  - unsqueeze: 2\n",
        unit.format(16, 4),
    ]
    text = check_same(from_spec("input: 3x64x64\nlayers:\n" + "".join(parts[:3])))
    assert "blocks" not in text
    text = check_same(
        from_spec("input: 3x64x64\nlayers:\n" + "".join([*parts[:3], parts[1], parts[0], parts[1], parts[4]]))
    )
    assert "  block_a:\n    args: {out_channels: , padding: }\n" in text
    assert "  - block_a: {out_channels: 16, padding: 4}\n" in text


def test_equal_neighbours_are_a_repeat_and_similar_ones_a_table():
    same = "  - conv: {out_channels: 8, padding: 1}\n  - tanh\n"
    text = check_same(from_spec("input: 8x17x19\nlayers:\n" + same * 5))
    assert "repeat: 5" in text
    assert text.count("conv") == 1
    similar = "".join(f"  - conv: {{out_channels: {n}, padding: 1}}\n  - tanh\n" for n in (3, 5, 7, 11, 13, 17, 19, 23))
    text = check_same(from_spec("input: 8x17x19\nlayers:\n" + similar))
    assert "over: [3, 5, 7, 11, 13, 17, 19, 23]" in text


def test_structures_are_written_as_structures():
    text = """
input: 8x17x19
layers:
  - residual:
      - conv: {out_channels: 16, kernel_size: 1}
      - tanh
    shortcut:
      - conv: {out_channels: 16, kernel_size: 1, bias: false}
  - residual:
      - global_avg_pool
      - sigmoid
    merge: mul
  - branches:
      - - conv: {out_channels: 4, kernel_size: 1}
      - []
      - - max_pool: {kernel_size: 3, stride: 1, padding: 1}
        - conv: {out_channels: 4, kernel_size: 1}
"""
    assert check_same(from_spec(text)) == text.lstrip("\n")


def test_several_outputs_inputs_and_shared_weights_are_named():
    text = check_same(
        from_spec("""
inputs: {left side: 3x17x19, right: 3x17x19, label: []}
layers:
  - conv: 8
    from: left side
    name: tower
    frozen: true
  - share: tower
    from: right
  - sub: [tower, tower1]
  - split: 2
    name: halves
  - mul: ["halves[1]", "halves[0]"]
outputs: [tower1, mul1, "halves[0]", right]
""")
    )
    assert "left_side: 3x17x19" in text
    assert "share: tower" in text
    assert 'outputs: [tower1, mul1, "halves[0]", right]' in text


def test_foreign_layers_without_input_or_shape_are_written():
    nodes = [
        Node("state", Foreign(op="state", shapes=((1, 5, 7),), parameters=0, macs=0), (), (1,)),
        Node("odd/one", Foreign(op="What is, this?: x", shapes=((1, 5), None)), (0, 1), (2, 3)),
        Node("a", Relu(), (3,), (4,)),
    ]
    check_same(Network("x", [Input("in", (3, 7))], nodes, (2, 4), "x.onnx"))


def test_what_would_be_filled_in_is_refused():
    nodes = [Node("a", Foreign(op="${x}", shapes=((1, 5),)), (0,), (1,))]
    network = Network("x", [Input("in", (3, 7))], nodes, (1,), "x.onnx")
    with pytest.raises(ModelError, match="CNN-E702"):
        written(network, calculate(network))


def test_weights_shared_by_other_fields_are_refused_with_both_names():
    nodes = [
        Node("a", Conv(out_channels=3, padding=1), (0,), (1,)),
        Node("b", Conv(out_channels=3, padding=2, dilation=2), (1,), (2,), share="a"),
    ]
    network = Network("x", [Input("in", (3, 7, 7))], nodes, (2,), "x.cfg")
    with pytest.raises(ModelError, match="CNN-E702: b shares weights with a"):
        written(network, calculate(network))


def test_a_difference_is_found():
    network, report = analyze_network("zoo:lenet5")
    text = spec(network, report)
    assert difference(report, again(text)) == ""
    assert "output_shapes" in difference(report, again(text.replace("linear: 84", "linear: 85")))
    assert "layers" in difference(report, again(text.removesuffix("  - linear: 10\n")))
    assert difference(report, again(text.replace("tanh", "sigmoid", 1))) != ""


def test_names_stay_where_the_language_does_not_give_them():
    text = """
input: 3x17x19
layers:
  - conv: 8
  - tanh:
    name: tanh2
  - conv: 8
    name: conv4
  - tanh:
    name: tanh1
  - dropout: 0.25
  - conv: 8
    name: stem
"""
    network = from_spec(text)
    names = [row.name for row in again(check_same(network)).layers]
    assert names == ["conv1", "tanh2", "conv4", "tanh1", "dropout1", "stem"]
    assert check_same(network) == text.lstrip("\n").replace("tanh:\n    name: tanh1", "tanh")


def run(*args):
    command = [sys.executable, "-m", "cnnshape", "convert", *map(str, args)]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def test_the_command_writes_a_file_or_into_a_pipe(tmp_path):
    out = tmp_path / "m.yml"
    done = run("zoo:lenet5", "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert run("zoo:lenet5", "-o", "-", "--to", "yaml").stdout == out.read_text()
    assert again(out.read_text()).totals.params == 61_706
    assert run(out, "-o", "-", "--to", "yaml").returncode == 0
    wrong = run(out, "-o", "-", "--to", "yml")
    assert (wrong.returncode, "did you mean yaml?" in wrong.stderr) == (2, True)


def moved_batch(batch: int) -> Network:
    """A file of another tool's, read in a batch: the batch moves behind the rows, which no kind says."""
    layer = Foreign(op="Transpose", shapes=((7, batch, 5),), parameters=0, macs=0, operations=Ops())
    nodes = [Node("t", layer, (0,), (1,)), Node("y", Linear(3), (1,), (2,))]
    return Network("x", [Input("in", (7, 5))], nodes, (2,), "x.onnx", "onnx", batch=batch)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_spec_with_the_batch_in_a_shape_holds_for_that_batch_alone(batch):
    network = moved_batch(batch)
    report = calculate(network, batch)
    text = spec(network, report)
    assert f"batch: {batch}}}" in text
    found = load(parse(text))[0]
    assert found.batch == batch  # so that nobody need say it
    assert not difference(report, calculate(found, found.batch))
    with pytest.raises(ModelError, match=f"CNN-E406: the shapes of t are stated for a batch of {batch}") as refused:
        calculate(found, 4)
    assert refused.value.problems[0].fix == f"--batch {batch}"
    with pytest.raises(ModelError, match="CNN-E406"):
        Images(found, 4)


@pytest.mark.parametrize(
    ("layer", "inputs", "fixed"),
    [
        (Foreign("Constant", ((5, 7),), parameters=35, macs=0, operations=Ops()), (), None),
        (Foreign("Constant", ((1,),), parameters=0, macs=0, operations=Ops()), (), None),
        (Foreign("Constant", ((1, 5),), parameters=0, macs=0, operations=Ops()), (), 3),  # a state, perhaps
        (Foreign("expand", ((1, 7),), parameters=7, macs=0, operations=Ops()), (), 3),
        (Foreign("What"), (0,), None),  # states nothing
        (Foreign("What", (None,), macs=5), (0,), 3),
        (Foreign("What", ((5, 7),), batch=2), (0,), 2),
        (Relu(), (0,), None),
    ],
)
def test_what_is_as_large_in_every_batch_states_none(layer, inputs, fixed):
    network = Network("x", [Input("in", (7,))], [node := Node("a", layer, inputs, (1,))], (1,), "x.onnx", "onnx")
    assert fixed_batch(in_batch(node, network, 3)) == fixed
    assert in_batch(node, Network("x", [], [], (), "x.yaml"), 3) == layer  # a spec says itself what it holds for


def test_the_command_tells_which_batch_a_spec_holds_for(capsys):
    network = moved_batch(2)
    tell_batch(network, calculate(network, 2))
    told = "x.onnx: the written spec holds for a batch of 2 alone: it states the shapes of t whole\n"
    assert capsys.readouterr().err == told
    network.nodes = []
    tell_batch(network, calculate(Network("x", [Input("in", (7,))], [], (0,), "x.onnx", "onnx"), 2))
    assert not capsys.readouterr().err
