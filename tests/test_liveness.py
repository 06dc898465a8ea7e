"""Peak and training memory of random networks against a machine that runs them and counts who still needs what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.api import analyze_data, analyze_text

BATCH = 2
#: What the backward pass needs of each kind, by the derivative: (its input, its output, bytes of mask per output).
NEEDS = {
    "conv": (True, False, 0),  # dw = dy * x
    "batch_norm": (True, False, 0),
    "relu": (False, True, 0),  # where y > 0
    "sigmoid": (False, True, 0),  # y * (1 - y)
    "gelu": (True, False, 0),
    "max_pool": (True, False, 8),  # the place of each maximum
    "avg_pool": (False, False, 0),
    "dropout": (False, False, 1),  # what was kept
    "identity": (False, False, 0),
    "split": (False, False, 0),
    "slice": (False, False, 0),
    "permute": (False, False, 0),
    "concat": (False, False, 0),
    "add": (False, False, 0),
    "mul": (True, False, 0),  # each factor is the other's derivative
    "pad": (False, False, 0),
    "lp_pool": (True, True, 0),
}
VIEWS = ("dropout", "identity", "split", "slice", "permute")


class Machine:
    """Runs the items one after another; a tensor is (its buffer, its own sizes)."""

    def __init__(self, inputs, items, outputs):
        self.items, self.outputs = items, outputs
        self.tensors = {name: (name, sizes) for name, sizes in inputs.items()}
        self.bytes = {name: BATCH * _count(sizes) for name, sizes in inputs.items()}
        self.needs, self.mask = set(), 0

    def results(self, kind, fields, sizes):
        c, h, w = sizes[0]
        if kind == "split":
            return [(c // 2, h, w)] * 2
        return [
            {
                "conv": lambda: (fields["out_channels"], h, w),
                "slice": lambda: (c, len(range(h)[::2]), w),
                "permute": lambda: (c, w, h),
                "concat": lambda: (sum(s[0] for s in sizes), h, w),
                "pad": lambda: (c, h + 2, w + 2),
            }.get(kind, lambda: (c, h, w))()
        ]

    def run(self):
        steps = []  # (item's name, buffers that were born, buffers that were read)
        learning = set()  # tensors to which a gradient flows back
        for item in self.items:
            kind, fields = next(iter(item.items()))
            sources = [self.tensors[name] for name in item["from"]]
            results = self.results(kind, fields, [sizes for _, sizes in sources])
            names = [item["name"]] if len(results) == 1 else [f"{item['name']}[{k}]" for k in range(len(results))]
            learns = kind in ("conv", "batch_norm") and not item.get("frozen")
            if learns or learning & set(item["from"]):
                learning.update(names)
            born = []
            for name, sizes in zip(names, results, strict=True):
                if kind in VIEWS:
                    self.tensors[name] = (sources[0][0], sizes)
                else:
                    self.tensors[name] = (name, sizes)
                    self.bytes[name] = BATCH * _count(sizes)
                    born.append(name)
                if name not in learning:
                    continue
                self.mask += NEEDS[kind][2] * BATCH * _count(sizes)
                if NEEDS[kind][1]:
                    self.needs.add(self.tensors[name][0])
            if NEEDS[kind][0] and names[0] in learning:
                self.needs.update(buffer for buffer, _ in sources)
            steps.append((item["name"], born, [buffer for buffer, _ in sources]))
        kept = {self.tensors[name][0] for name in self.outputs}
        return steps, kept

    def alive(self, steps, kept):
        """At every step, the buffers that hold something that is still needed, or that is just being made."""
        for now, (name, born, _) in enumerate(steps):
            inputs = {buffer for buffer in self.bytes if not any(buffer in made for _, made, _ in steps)}
            there = inputs | {buffer for _, made, _ in steps[: now + 1] for buffer in made}
            wanted = {buffer for _, _, reads in steps[now:] for buffer in reads} | kept | set(born)
            yield name, there & wanted


def _count(sizes):
    c, h, w = sizes
    return c * h * w


@st.composite
def networks(draw):
    inputs = {"left": (4, 5, 7)}
    if draw(st.booleans()):
        inputs["right"] = (4, 5, 7)
    machine = Machine(inputs, [], [])
    items = machine.items
    for number in range(draw(st.integers(1, 9))):
        recent = list(machine.tensors)[-4:]
        source = draw(st.sampled_from(recent if draw(st.booleans()) else list(machine.tensors)))
        kind = draw(st.sampled_from([k for k in NEEDS if k != "split" or machine.tensors[source][1][0] % 2 == 0]))
        fields = {
            "conv": {"out_channels": draw(st.sampled_from([2, 4, 6])), "kernel_size": 1, "bias": draw(st.booleans())},
            "max_pool": {"kernel_size": 3, "stride": 1, "padding": 1},
            "avg_pool": {"kernel_size": 1},
            "lp_pool": {"kernel_size": 1},
            "split": 2,
            "slice": {"dim": 2, "step": 2},
            "permute": [0, 1, 3, 2],
            "concat": {"dim": 1},
            "pad": 1,
        }.get(kind)
        sources = [source]
        if kind in ("add", "mul", "concat"):
            like = [n for n, (_, sizes) in machine.tensors.items() if sizes == machine.tensors[source][1]]
            sources = [source, draw(st.sampled_from(like))]
        item = {kind: fields, "name": f"n{number}", "from": sources}
        if draw(st.integers(0, 3)) == 0:
            item["frozen"] = True
        items.append(item)
        machine.run()
    outputs = draw(st.lists(st.sampled_from(list(machine.tensors)), min_size=1, max_size=3, unique=True))
    return inputs, items, outputs


def analysed(drawn, **options):
    inputs, items, outputs = drawn
    spec = {"inputs": {n: list(s) for n, s in inputs.items()}, "layers": items, "outputs": outputs}
    return analyze_data(spec, batch=BATCH, **options)


@given(networks())
def test_the_peak_equals_that_of_a_machine_that_runs_the_network(drawn) -> None:
    totals = analysed(drawn).totals
    machine = Machine(*drawn)
    moments = list(machine.alive(*machine.run()))
    sums = [sum(machine.bytes[buffer] for buffer in buffers) for _, buffers in moments]
    at = sums.index(max(sums))
    assert totals.peak_activation_bytes == 4 * max(sums)
    assert totals.peak_at == moments[at][0]
    assert set(totals.peak_tensors) == moments[at][1]
    assert len(totals.peak_tensors) == len(set(totals.peak_tensors))
    made = [buffer for name, buffer in [(n, b) for n, (b, _) in machine.tensors.items()] if name == buffer]
    assert totals.activation_bytes == 4 * sum(machine.bytes[b] for b in made if b not in drawn[0])
    assert totals.input_bytes == 4 * sum(machine.bytes[name] for name in drawn[0])


@given(networks(), st.sampled_from([("float32", 4), ("float64", 8), ("float16", 2), ("bfloat16", 2), ("int8", 1)]))
def test_training_keeps_each_needed_buffer_once(drawn, dtype) -> None:
    word, item = dtype
    training = analysed(drawn, dtype=word).totals.training_bytes
    machine = Machine(*drawn)
    machine.run()
    weights = learned = kept = 0
    for layer in drawn[1]:
        kind, fields = next(iter(layer.items()))
        c = machine.tensors[layer["from"][0]][1][0]
        mine = 0
        if kind == "conv":
            mine = fields["out_channels"] * (c + fields["bias"])
        elif kind == "batch_norm":
            mine = 2 * c
            kept += 2 * c
        weights += mine
        learned += 0 if layer.get("frozen") else mine
    saved = item * sum(machine.bytes[buffer] for buffer in machine.needs) + machine.mask
    assert training.weights == item * weights
    assert training.gradients == item * learned
    assert training.buffers == item * kept
    assert training.saved_activations == saved
    assert training.optimizer == {"sgd": 0, "momentum": item * learned, "adam": 2 * item * learned}
    step = item * (weights + learned + kept) + saved
    assert training.total == {
        "sgd": step,
        "momentum": step + item * learned,
        "adam": step + item * learned + item * learned,
    }


def test_the_machine_agrees_with_a_residual_block_by_hand() -> None:
    layers = [
        {"conv": {"out_channels": 6, "kernel_size": 1}, "name": "a", "from": ["x"]},
        {"relu": None, "name": "b", "from": ["a"]},
        {"add": None, "name": "c", "from": ["a", "b"]},
    ]
    drawn = ({"x": (3, 5, 7)}, layers, ["c"])
    totals = analysed(drawn).totals
    # x is gone when the relu runs; a, b and c are there while the sum is made.
    assert totals.peak_activation_bytes == 4 * BATCH * 3 * 6 * 35
    assert (totals.peak_at, set(totals.peak_tensors)) == ("c", {"a", "b", "c"})


def test_an_input_that_nothing_reads_is_never_there() -> None:
    spec = {
        "inputs": {"x": [3, 5, 7], "y": [3, 50, 70]},
        "layers": [{"conv": {"out_channels": 3, "kernel_size": 1}, "from": "x"}],
    }
    assert analyze_data(spec).totals.peak_activation_bytes == 4 * 2 * 105


@pytest.mark.parametrize("kind", sorted(set(NEEDS) - {"mul", "add", "concat"}))
def test_a_chain_of_one_kind_holds_two_tensors_at_most(kind) -> None:
    fields = {"conv": 3, "max_pool": {"kernel_size": 1}, "avg_pool": {"kernel_size": 1}, "lp_pool": {"kernel_size": 1}}
    fields |= {"slice": {"dim": 2}, "permute": [0, 1, 2, 3], "pad": 0, "split": 1}
    layer = {kind: fields.get(kind)}
    if kind == "conv":
        layer = {"conv": {"out_channels": 3, "kernel_size": 1}}
    peaks = {
        analyze_data({"input": [3, 5, 7], "layers": [layer] * times}).totals.peak_activation_bytes
        for times in (1, 2, 9)
    }
    assert peaks == {4 * 105 * (1 if kind in VIEWS else 2)}


FROZEN = """
input: 3x16x16
layers:
  - sequence: [{conv: {out_channels: 8, padding: 1}}, batch_norm, relu, dropout, max_pool: 2]
    name: backbone
    frozen: true
  - {conv: {out_channels: 8, padding: 1}}
  - relu
"""


def test_what_stands_before_the_first_trained_layer_saves_nothing() -> None:
    # The input of the one convolution that learns, and the output of its ReLU.
    training = analyze_text(FROZEN, batch=BATCH).totals.training_bytes
    assert training.saved_activations == 4 * BATCH * (8 * 8 * 8 + 8 * 8 * 8)
    everything = FROZEN.replace("padding: 1}}\n  - relu", "padding: 1}, frozen: true}\n  - relu")
    assert analyze_text(everything).totals.training_bytes.saved_activations == 0
    alone = "input: 3x8x8\nlayers:\n  - relu\n  - max_pool: 2\n"
    assert analyze_text(alone).totals.training_bytes.saved_activations == 0, "nothing learns"


def test_the_second_use_of_a_frozen_layer_learns_nothing() -> None:
    conv = (
        "input: 3x8x8\nlayers:\n  - conv: {out_channels: 3, padding: 1}\n    name: c\n    frozen: true\n  - share: c\n"
    )
    assert analyze_text(conv).totals.training_bytes.saved_activations == 0
    assert (
        analyze_text(conv.replace("    frozen: true\n", "")).totals.training_bytes.saved_activations == 4 * 2 * 3 * 64
    )
