"""Layers over steps: recurrent ones in both directions, their states, attention, TimeDistributed."""

import pytest
from keras_files import call3, functional, layer, problems, report, sequential, source, tensor

LSTM3 = 4 * 3 * (6 + 3 + 1)
LSTM5 = 4 * 5 * (6 + 5 + 1)
GRU3 = 3 * 3 * (6 + 3 + 2)


def wrapped(forward, backward=None, **config):
    """Bidirectional as Keras 3 writes it, on 9 steps of 6 features."""
    both = {"layer": forward, **({"backward_layer": backward} if backward else {})}
    return sequential(source(9, 6), layer("Bidirectional", "b", **both, **config))


def lstm(units=3, **config):
    return layer("LSTM", "inner", units=units, **config)


def back(units=3, **config):
    return layer("LSTM", "other", units=units, go_backwards=True, **config)


GRU_CELL = layer("GRUCell", units=3, reset_after=True)


def rnn(cell, **config):
    return layer("RNN", "r", cell=cell, **config)


@pytest.mark.parametrize(
    ("forward", "backward", "params", "features"),
    [
        (lstm(), None, 2 * LSTM3, 6),
        (lstm(), back(), 2 * LSTM3, 6),
        (lstm(), back(5), LSTM3 + LSTM5, 8),
        (lstm(use_bias=False), layer("GRU", units=3, reset_after=True), LSTM3 - 4 * 3 + GRU3, 6),
        (rnn(GRU_CELL), rnn(GRU_CELL, go_backwards=True), 2 * GRU3, 6),
        (rnn(GRU_CELL), None, 2 * GRU3, 6),
        (rnn(layer("LSTMCell", units=5)), back(), LSTM5 + LSTM3, 8),
        (layer("CuDNNGRU", units=3), None, 2 * GRU3, 6),
    ],
)
def test_both_layers_of_a_bidirectional_one_are_read(forward, backward, params, features):
    found = report(wrapped(forward, backward))
    assert (found.totals.params, found.status.params) == (params, "complete")
    assert found.outputs[0].shape == (1, features)


@pytest.mark.parametrize("mode", ["sum", "mul", "ave", "concat"])
def test_unequal_halves_are_merged_as_the_file_says(mode):
    steps = {"return_sequences": True}
    found = report(wrapped(lstm(**steps), layer("GRU", units=3, reset_after=True, **steps), merge_mode=mode))
    assert found.outputs[0].shape == (1, 9, 6 if mode == "concat" else 3)


@pytest.mark.parametrize("backward", [None, back(), back(5)])
def test_halves_that_are_not_merged_are_two_tensors(backward):
    b = call3(wrapped(lstm(), backward, merge_mode=None)["config"]["layers"][1], [tensor("x")])
    found = report(functional([call3(source(9, 6)), b], ["x"], [["b", 0, 0], ["b", 0, 1]]))
    assert [tuple(t.shape) for t in found.outputs] == [(1, 3), (1, 5 if backward == back(5) else 3)]


def test_a_layer_that_is_not_read_makes_the_whole_unknown():
    found = report(wrapped(lstm(), layer("Mine", units=3)))
    assert [(row.kind, row.params) for row in found.layers] == [("foreign", None)]


@pytest.mark.parametrize(
    ("net", "trainable"),
    [
        (wrapped(lstm(trainable=False), back(trainable=False)), 0),
        (wrapped(lstm(trainable=False)), 0),
        (wrapped(lstm(), back(trainable=False)), LSTM3),
        (wrapped(lstm(), back(), trainable=False), 0),
        (wrapped(rnn(layer("LSTMCell", units=3, trainable=False))), 0),
        (sequential(source(9, 6), rnn(layer("LSTMCell", units=3, trainable=False))), 0),
        (sequential(source(9, 6), rnn(layer("LSTMCell", units=3))), LSTM3),
    ],
)
def test_an_inner_layer_that_is_not_trainable_stays_so(net, trainable):
    found = report(net)
    assert found.totals.params > 0
    assert found.totals.trainable_params == trainable


# several outputs


def outputs_of(entry, count, kwargs=None, args=1):
    call = call3(entry, [tensor("x")] * args, kwargs=kwargs)
    return functional([call3(source(9, 6)), call], ["x"], [[entry["config"]["name"], 0, k] for k in range(count)])


@pytest.mark.parametrize(
    ("entry", "shapes"),
    [
        (lstm(return_state=True, return_sequences=True), [(1, 9, 3), (1, 3), (1, 3)]),
        (layer("GRU", units=3, return_state=True, return_sequences=True), [(1, 9, 3), (1, 3)]),
        (rnn(layer("LSTMCell", units=3), return_state=True, return_sequences=True), [(1, 9, 3), (1, 3), (1, 3)]),
    ],
)
def test_states_are_outputs_where_they_are_used(entry, shapes):
    found = report(outputs_of(entry, len(shapes)))
    assert [tuple(t.shape) for t in found.outputs] == shapes
    assert (found.status.params, found.status.macs) == ("complete", "complete")
    assert len(report(outputs_of(entry, 1)).layers) == 1


def test_a_state_without_the_sequence_is_the_output_itself():
    found = report(outputs_of(lstm(return_state=True), 3))
    assert [tuple(t.shape) for t in found.outputs] == [(1, 3), (1, 3)]
    assert found.totals.params == LSTM3


@pytest.mark.parametrize(
    ("entry", "count", "kwargs", "args", "word"),
    [
        (layer("Bidirectional", "b", layer=lstm(return_state=True)), 5, None, 1, "return_state"),
        (layer("MultiHeadAttention", "m", num_heads=2, key_dim=3), 2, {"return_attention_scores": True}, 2,
         "return_attention_scores"),
    ],
)  # fmt: skip
def test_further_outputs_that_are_not_read_make_a_row_without_numbers(entry, count, kwargs, args, word):
    graph = outputs_of(entry, count, kwargs, args)
    found = report(graph)
    assert [(row.kind, row.params, len(row.output_shapes)) for row in found.layers] == [("foreign", None, count)]
    assert len(found.outputs) == count
    (problem,) = problems(graph, strict=True)
    assert problem.code == "CNN-E801"
    assert word in problem.message


def test_scores_that_are_read_by_another_layer_make_no_error():
    m = layer("MultiHeadAttention", "m", num_heads=2, key_dim=3)
    attention = call3(m, [tensor("x"), tensor("x")], kwargs={"return_attention_scores": True})
    relu = call3(layer("ReLU", "r"), [tensor("m", 0, 1, [None, 2, 9, 9])])
    found = report(functional([call3(source(9, 6)), attention, relu], ["x"], ["r", 0, 0]))
    assert found.outputs[0].shape.numel == 2 * 9 * 9


def test_a_call_that_is_not_there_is_told_from_an_output_that_is_not():
    graph = outputs_of(lstm(return_state=True), 1)
    graph["config"]["output_layers"] = [["inner", 1, 0]]
    (problem,) = problems(graph)
    assert "call 1" in problem.message


# TimeDistributed


@pytest.mark.parametrize("kind", ["Average", "Max"])
@pytest.mark.parametrize(
    ("inner", "shape", "out"),
    [
        ({}, (4, 8, 9, 3), (1, 3, 4)),
        ({"keepdims": True}, (4, 8, 9, 3), (1, 3, 4, 1, 1)),
        ({"data_format": "channels_first"}, (4, 3, 8, 9), (1, 3, 4)),
    ],
)
def test_a_global_pool_of_every_step_keeps_the_steps(kind, inner, shape, out):
    pool = layer(f"Global{kind}Pooling2D", "p", **inner)
    found = report(sequential(source(*shape), layer("TimeDistributed", "t", layer=pool)))
    assert found.outputs[0].shape == out
    first = next(row for row in found.layers if row.name == "t")
    assert first.kind == ("avg_pool" if kind == "Average" else "max_pool")
    assert (first.ops.add or 0) + (first.ops.cmp or 0) == (8 * 9 - 1) * 3 * 4


def test_a_cnn_for_every_step_in_front_of_an_lstm_is_complete():
    inner = sequential(
        source(8, 9, 3, name="i"), layer("Conv2D", "c", filters=4, kernel_size=[3, 3]),
        layer("GlobalAveragePooling2D", "p"), layer("Dense", "d", units=6),
    )  # fmt: skip
    found = report(sequential(source(5, 8, 9, 3), layer("TimeDistributed", "t", layer=inner), lstm()))
    assert (found.totals.params, found.status.macs) == (4 * 3 * 9 + 4 + 4 * 6 + 6 + LSTM3, "complete")
    assert found.outputs[0].shape == (1, 3)


def test_a_global_pool_of_steps_of_features_is_read_as_well():
    pool = layer("GlobalMaxPooling1D", "p")
    found = report(sequential(source(4, 8, 3), layer("TimeDistributed", "t", layer=pool)))
    assert sorted(found.outputs[0].shape) == [1, 3, 4]
    assert found.layers[0].kind == "max_pool"
