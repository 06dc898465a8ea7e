"""What the walk makes of its rows: totals are sums, shared weights count once, unknown is never 0."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.api import analyze, analyze_data, analyze_data_network, zoo_names
from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.ops import OP_NAMES
from cnnshape.report import DTYPES

IMAGE = [3, 13, 17]


def conv(out, **fields):
    return {"conv": {"out_channels": out, "kernel_size": 3, **fields}}


CHAIN = [conv(6, padding=1), "batch_norm", "relu", {"max_pool": 2}, conv(8, groups=2), "flatten", {"linear": 10}]


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "mobilenet_v2", "densenet121"])
@pytest.mark.parametrize("batch", [1, 3])
def test_totals_are_sums_of_rows(name, batch) -> None:
    report = analyze(f"zoo:{name}", batch=batch)
    totals, rows = report.totals, report.layers
    assert totals.layers == len(rows)
    for what in ("params", "trainable_params", "buffers", "macs", "flops", "activation_bytes"):
        assert getattr(totals, what) == sum(getattr(row, what) for row in rows), what
    for what in OP_NAMES:
        assert getattr(totals.ops, what) == sum(getattr(row.ops, what) for row in rows), what
    assert totals.macs == totals.ops.mac
    assert totals.flops == 2 * totals.macs
    for row in rows:
        assert row.params == sum(shape.numel for shape in row.weights.values())
        assert row.buffers == sum(shape.numel for shape in row.buffer_shapes.values())


@pytest.mark.parametrize("name", zoo_names())
def test_work_and_activations_are_linear_in_the_batch_and_weights_do_not_know_it(name) -> None:
    one, five = analyze(f"zoo:{name}"), analyze(f"zoo:{name}", batch=5)
    own = sum(  # a learned array has no batch
        row.activation_bytes for row in one.layers if row.output_shapes[0][0] == 1 and row.kind == "parameter"
    )
    for what in ("macs", "flops"):
        assert getattr(five.totals, what) == 5 * getattr(one.totals, what)
    assert five.totals.activation_bytes >= 5 * (one.totals.activation_bytes - own)
    for what in ("params", "trainable_params", "buffers", "param_bytes", "buffer_bytes", "receptive_field"):
        assert getattr(five.totals, what) == getattr(one.totals, what)
    assert five.status == one.status


@pytest.mark.parametrize(
    ("dtype", "size"), [("float64", 8), ("float32", 4), ("float16", 2), ("bfloat16", 2), ("int8", 1)]
)
def test_bytes_are_elements_times_the_size_of_one(dtype, size) -> None:
    assert set(DTYPES) == {"float64", "float32", "float16", "bfloat16", "int8"}
    wide, found = (analyze_data({"input": IMAGE, "layers": CHAIN}, dtype=word) for word in ("int8", dtype))
    for what in ("param_bytes", "buffer_bytes", "input_bytes", "activation_bytes", "peak_activation_bytes"):
        assert getattr(found.totals, what) == size * getattr(wide.totals, what)
    assert found.totals.macs == wide.totals.macs


@given(st.sets(st.integers(0, len(CHAIN) - 1)))
def test_frozen_changes_nothing_but_what_is_trained(frozen) -> None:
    plain = analyze_data({"input": IMAGE, "layers": CHAIN})
    layers = [
        {**({layer: None} if isinstance(layer, str) else layer), **({"frozen": True} if i in frozen else {})}
        for i, layer in enumerate(CHAIN)
    ]
    cold = analyze_data({"input": IMAGE, "layers": layers})
    for i, (row, was) in enumerate(zip(cold.layers, plain.layers, strict=True)):
        assert row.trainable_params == (0 if i in frozen else was.params)
        assert msgspec.structs.replace(row, frozen=False, trainable_params=was.trainable_params) == was
    learned = sum(was.params for i, was in enumerate(plain.layers) if i not in frozen)
    assert cold.totals.trainable_params == learned
    assert cold.totals.training_bytes.gradients == 4 * learned
    same = {"trainable_params": 0, "training_bytes": plain.totals.training_bytes}
    assert msgspec.structs.replace(cold.totals, **same) == msgspec.structs.replace(plain.totals, **same)


@given(st.integers(1, 4))
def test_a_shared_layer_counts_its_weights_once_and_its_work_every_time(times) -> None:
    first = {**conv(6, padding=1), "name": "a"}
    layers = [conv(6, padding=1), first, *[{"share": "a"} for _ in range(times)]]
    alone = [conv(6, padding=1), first]
    shared, once = (analyze_data({"input": IMAGE, "layers": items}) for items in (layers, alone))
    assert shared.totals.params == once.totals.params
    work = once.layers[1].macs
    assert shared.totals.macs == once.totals.macs + times * work
    assert [row.params for row in shared.layers[2:]] == [0] * times
    assert [row.shared_with for row in shared.layers[2:]] == ["a"] * times
    assert [row.macs for row in shared.layers[2:]] == [work] * times
    assert shared.totals.training_bytes.gradients == once.totals.training_bytes.gradients


def test_buffers_of_a_shared_layer_count_once() -> None:
    layers = [{"batch_norm": {}, "name": "a"}, {"share": "a"}]
    totals = analyze_data({"input": IMAGE, "layers": layers}).totals
    assert (totals.params, totals.buffers) == (6, 6)


def test_weights_that_do_not_fit_cannot_be_shared() -> None:
    layers = [{**conv(6), "name": "a"}, {"share": "a"}]  # 3 channels first, 6 then
    with pytest.raises(ModelError) as error:
        analyze_data({"input": IMAGE, "layers": layers})
    assert [problem.code for problem in error.value.problems] == ["CNN-E304"]


BRANCHES = {"a": [conv(5, padding=1)], "b": [conv(7, padding=1), "relu"], "c": [{"avg_pool": {"kernel_size": 1}}]}


def test_the_order_of_independent_branches_changes_no_sum() -> None:
    found = set()
    for order in permutations(BRANCHES):
        spec = {"input": IMAGE, "layers": [{"branches": {name: BRANCHES[name] for name in order}, "merge": "concat"}]}
        report = analyze_data(spec)
        totals = report.totals
        found.add(
            (
                totals.params,
                totals.macs,
                totals.ops,
                totals.activation_bytes,
                totals.training_bytes.total["adam"],
                totals.receptive_field,
                report.outputs[0].shape,
            )
        )
    assert len(found) == 1


OPAQUE = {"opaque": {"shape": [4, 13, 17]}}
KNOWN = {"opaque": {"shape": [4, 13, 17], "parameters": 11, "macs": 13}}
NO_WORK = {"opaque": {"shape": [4, 13, 17], "parameters": 11}}


@pytest.mark.parametrize(
    ("layers", "params", "macs", "known"),
    [
        ([conv(5)], "complete", "complete", (140, 5 * 27 * 11 * 15)),
        ([KNOWN], "complete", "complete", (11, 13)),
        ([OPAQUE], "unavailable", "unavailable", (0, 0)),
        ([NO_WORK], "complete", "unavailable", (11, 0)),
        ([OPAQUE, conv(5)], "partial", "partial", (185, 5 * 36 * 11 * 15)),
        ([conv(5), KNOWN, OPAQUE], "partial", "partial", (151, 5 * 27 * 11 * 15 + 13)),
        ([NO_WORK, conv(5)], "complete", "partial", (196, 5 * 36 * 11 * 15)),
    ],
)
def test_what_is_unknown_makes_its_totals_partial_and_is_never_0(layers, params, macs, known) -> None:
    report = analyze_data({"input": IMAGE, "layers": layers})
    assert (report.status.params, report.status.macs, report.status.ops) == (params, macs, macs)
    assert (report.totals.params, report.totals.macs) == known
    for row, layer in zip(report.layers, layers, strict=True):
        body = layer.get("opaque", {"parameters": 0, "macs": 0})
        assert (
            (row.params is None)
            == (row.weights is None)
            == (row.trainable_params is None)
            == ("parameters" not in body)
        )
        assert (row.macs is None) == (row.flops is None) == (row.ops is None) == ("macs" not in body)


def test_unknown_weights_are_unknown_once_when_they_are_shared() -> None:
    layers = [{"opaque": {"shape": IMAGE}, "name": "a"}, {"share": "a"}]
    report = analyze_data({"input": IMAGE, "layers": layers})
    assert report.status.params == "partial"
    assert [row.params for row in report.layers] == [None, 0]


def test_a_frozen_layer_of_unknown_weights_trains_none() -> None:
    report = analyze_data({"input": IMAGE, "layers": [{**OPAQUE, "frozen": True}]})
    row = report.layers[0]
    assert (row.params, row.trainable_params) == (None, 0)


def test_equal_layers_on_equal_shapes_have_equal_rows_but_their_own_names() -> None:
    rows = analyze_data({"input": [6, 13, 17], "layers": [conv(6, padding=1)] * 3}).layers
    assert len({row.name for row in rows}) == 3
    assert rows[1].macs == rows[2].macs
    assert rows[1].receptive_field != rows[2].receptive_field


def test_the_walk_leaves_the_network_as_it_was() -> None:
    network, first = analyze_data_network({"input": IMAGE, "layers": CHAIN})
    before = msgspec.structs.asdict(network)
    again = calculate(network)
    assert msgspec.structs.asdict(network) == before
    assert again == first


def test_training_keeps_what_is_inside_of_attention_and_of_recurrent_steps() -> None:
    """Sequence of 7 positions and 6 features, 2 heads; hidden size 5: values listed one by one."""

    def saved(layer):
        report = analyze_data({"input": [7, 6], "layers": [layer]}, batch=2, dtype="int8")
        return report.totals.training_bytes.saved_activations

    source, projections, scores, context = 7 * 6, 3 * 7 * 6, 2 * 7 * 7, 7 * 6
    assert saved({"multi_head_attention": 2}) == 2 * (source + projections + scores + context)
    states, gates_and_cell = 7 * 5, 7 * 5 * (4 + 1)
    assert saved({"lstm": 5}) == 2 * (source + states + gates_and_cell)
    assert saved({"rnn": {"hidden_size": 5, "num_layers": 3}}) == 2 * (source + 3 * states)


def test_all_independent_errors_come_in_one_run() -> None:
    layers = [
        {**conv(5, groups=2), "name": "a", "from": "input"},
        {"max_pool": 99, "name": "b", "from": "input"},
        {"relu": None, "from": "a"},  # follows from a: not an error of its own
        {**conv(7), "name": "c", "from": "input"},
        {"reshape": [4, 4], "from": "c"},
    ]
    with pytest.raises(ModelError) as error:
        analyze_data({"input": IMAGE, "layers": layers})
    assert [(p.place.layer, p.code) for p in error.value.problems] == [
        ("a", "CNN-E402"),
        ("b", "CNN-E401"),
        ("reshape1", "CNN-E403"),
    ]


def test_dropped_pixels_are_those_that_no_window_reads() -> None:
    rows = analyze_data(
        {"input": IMAGE, "layers": [{"max_pool": 4}, {"max_pool": {"kernel_size": 1, "stride": 2}}]}
    ).layers
    assert rows[0].dropped == (1, 1)  # 13 = 3 * 4 + 1, 17 = 4 * 4 + 1
    assert rows[0].left_over == (1, 1)
    assert rows[1].dropped == (1, 2)  # of 3 and 4, every second
    fits = analyze_data({"input": [3, 12, 16], "layers": [{"max_pool": 4}]}).layers[0]
    assert (fits.dropped, fits.left_over) == (None, None)


def test_shapes_that_are_stated_for_one_batch_hold_in_no_other() -> None:
    box = {"foreign": {"op": "box", "shapes": [[2, 5]], "macs": 7, "parameters": 0, "batch": 2}}
    network, report = analyze_data_network({"input": [3], "layers": [box]}, batch=2)
    assert (report.totals.macs, report.outputs[0].shape) == (7, (2, 5))
    with pytest.raises(ModelError) as error:
        calculate(network, 1)
    found = error.value.problems[0]
    assert (found.code, found.place.layer, found.fix) == ("CNN-E406", "foreign1", "--batch 2")
    box["foreign"]["batch"] = None
    assert analyze_data({"input": [3], "layers": [box]}, batch=1).totals.macs == 7
