"""Another batch than the one that a program was traced with: what was stretched to it, by a number, follows or is unknown."""

import pytest
from torch_archives import archive, graph, reported, rows, size, walked

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError

#: How a class token of 3 x 8 is stretched to a batch of n.
STRETCHES = {
    "expand": lambda n: ("expand.default", {"self": "p_t", "size": [n, -1, -1]}),
    "repeat": lambda n: ("repeat.default", {"self": "p_t", "repeats": [n, 1, 1]}),
    "tile": lambda n: ("tile.default", {"self": "p_t", "dims": [n, 1, 1]}),
}
MEETS = {
    "cat": (("cat.default", {"tensors": ["t", "x"], "dim": 1}, (8, 8)), 0),
    "add": (("add.Tensor", {"self": "t", "other": "y"}, (3, 8)), 0),
    "matmul": (("matmul.default", {"self": "t", "other": "z"}, (3, 5)), 3 * 8 * 5),
    "attention": (("scaled_dot_product_attention.default", {"query": "t", "key": "x", "value": "x"}, (3, 8)), 240),
}


def token(stretch, batch, call):
    """A learned 1 x 3 x 8, stretched to the batch, and one call that reads it."""
    target, args, out = call
    calls = [
        ("slice.Tensor", {"self": "x", "dim": 1, "end": 3}, {"y": (batch, 3, 8)}),
        ("transpose.int", {"self": "x", "dim0": 1, "dim1": 2}, {"z": (batch, 8, 5)}),
        (*stretch(batch), {"t": (batch, 3, 8)}),
        (target, args, {"o": (batch, *out)}),
    ]
    return archive(graph({"x": (batch, 5, 8)}, {"p_t": (1, 3, 8)}, calls, ["o"]))


@pytest.mark.parametrize("meet", MEETS)
@pytest.mark.parametrize("stretch", STRETCHES)
@pytest.mark.parametrize("traced", [1, 2])
def test_what_was_stretched_to_the_batch_follows_where_it_meets_it(traced, stretch, meet):
    call, macs = MEETS[meet]
    report = reported(token(STRETCHES[stretch], traced, call), batch=7)
    assert report.outputs[0].shape == (7, *call[2])
    assert (report.totals.params, report.totals.macs, report.status.macs) == (24, 7 * macs, "complete")
    assert rows(report)[stretch].output_shapes[0] == (7, 3, 8)


@pytest.mark.parametrize("traced", [1, 2])
def test_elsewhere_its_shape_and_its_cost_are_unavailable(traced):
    calls = [
        ("expand.default", {"self": "p_t", "size": [traced, -1, -1]}, {"t": (traced, 3, 8)}),
        ("linear.default", {"input": "t", "weight": "p_w"}, {"u": (traced, 3, 8)}),
        ("cat.default", {"tensors": ["u", "x"], "dim": 1}, {"o": (traced, 8, 8)}),
    ]
    data = archive(graph({"x": (traced, 5, 8)}, {"p_t": (1, 3, 8), "p_w": (8, 8)}, calls, ["o"]))
    assert reported(data).totals.macs == traced * 3 * 64
    found = reported(data, batch=7)
    assert (found.totals.params, found.status.macs, rows(found)["linear"].macs) == (24 + 64, "partial", None)


def test_other_written_sizes_stay_what_they_are():
    calls = [
        ("expand.default", {"self": "p_t", "size": [3, -1, -1]}, {"t": (3, 3, 8)}),
        ("repeat.default", {"self": "x", "repeats": [1, 2, 1]}, {"r": (2, 10, 8)}),
    ]
    found = reported(archive(graph({"x": (2, 5, 8)}, {"p_t": (1, 3, 8)}, calls, ["t", "r"])), batch=7)
    assert [output.shape for output in found.outputs] == [(3, 3, 8), (7, 10, 8)]


@pytest.mark.parametrize("traced", [1, 2])
def test_a_written_size_that_stretched_nothing_stretches_nothing(traced):
    calls = [("expand.default", {"self": "x", "size": [traced, 5, 8]}, {"o": (traced, 5, 8)})]
    assert reported(archive(graph({"x": (traced, 5, 8)}, {}, calls, ["o"])), batch=7).outputs[0].shape == (7, 5, 8)


def test_a_batch_that_is_left_open_tells_how_often_a_tensor_is_repeated():
    times = {"as_sym_ints": [{"as_name": "n"}, size(1), size(1)]}
    calls = [
        ("sym_size.int", {"self": "x", "dim": 0}, {"n": None}),
        ("repeat.default", {"self": "p_t", "repeats": times}, {"r": (3, 5, 8)}),
        ("add.Tensor", {"self": "x", "other": "r"}, {"o": (3, 5, 8)}),
    ]
    text = graph({"x": (("s0", 3), 5, 8)}, {"p_t": (1, 5, 8)}, calls, ["o"])
    found = reported(archive(text), batch=7)
    assert [row.output_shapes[0] for row in found.layers] == [(7, 5, 8), (7, 5, 8)]


def test_a_parameter_that_has_the_batch_itself_fits_no_other():
    calls = [("cat.default", {"tensors": ["p_t", "x"], "dim": 1}, {"o": (2, 8, 8)})]
    net, _, _ = walked(archive(graph({"x": (2, 5, 8)}, {"p_t": (2, 3, 8)}, calls, ["o"])), batch=7)
    with pytest.raises(ModelError, match="CNN-E403"):
        calculate(net, net.batch)


def test_an_einsum_of_an_unknown_shape_has_no_cost():
    args = {"equation": {"as_string": "bij,bkj->bik"}, "tensors": ["t", "x"]}
    calls = [
        ("expand.default", {"self": "p_t", "size": [2, -1, -1]}, {"t": (2, 3, 8)}),
        ("einsum.default", args, {"o": (2, 3, 5)}),
    ]
    data = archive(graph({"x": (2, 5, 8)}, {"p_t": (1, 3, 8)}, calls, ["o"]))
    assert reported(data).totals.macs == 2 * 3 * 5 * 8
    assert rows(reported(data, batch=7))["einsum"].macs is None
