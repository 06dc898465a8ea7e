"""Recurrent sections, as one step of one example: each matrix is a node, and the state is what the last step left."""

from __future__ import annotations

from collections.abc import Callable

from cnnshape.layers.activation import Sigmoid, Tanh
from cnnshape.layers.conv import Conv
from cnnshape.layers.linear import Linear
from cnnshape.layers.merge import Add, Mul, Sub
from cnnshape.layers.norm import BatchNorm
from cnnshape.readers.darknet.activations import activate
from cnnshape.readers.darknet.site import TAPS, Made, Site

#: (value, its name, the activation at its end) -> value: a matrix or a convolution, with its norm.
Gate = Callable[..., int]


def rnn(site: Site) -> Made:
    """Elman's: h = f(W x) + f(U h); y = f(V h)."""
    output = site.integer("output", 1, 1)
    hidden = site.integer("hidden", output, 1)
    if site.fork == "pjreddie":
        hidden = output  # that engine reads no hidden
    gate = _matrix(site)
    value = _simple(site, site.row(), (hidden,), lambda x, name, inner: gate(x, name, hidden if inner else output))
    return site.result(value, (output, 1, 1))


def crnn(site: Site) -> Made:
    """The same with 3x3 convolutions."""
    _, *sizes = site.image()
    output, hidden = site.integer("output_filters", 1, 1), site.integer("hidden_filters", 1, 1)
    gate, outs = _convolution(site, sizes)
    image = (output, *outs)
    inner = (hidden, *outs)
    value = _simple(site, site.pixels(), inner, lambda x, name, into: gate(x, name, hidden if into else output))
    return site.result(value, image)


def _simple(site: Site, x: int, hidden: tuple[int, ...], gate: Callable[[int, str, bool], int]) -> int:
    state = _state(site, hidden)
    first = activate(site, gate(x, "input", True), hidden)
    second = activate(site, gate(state, "self", True), hidden)
    total = site.put(Add(), (first, second))
    return activate(site, gate(total, "output", False), hidden)


def gru(site: Site) -> Made:
    """Two gates: z, r = s(W x + U h); n = f(W x + U (r h)); h = z h + (1 - z) n, where f is the sigmoid unless `tanh` is set."""
    output = site.integer("output", 1, 1)
    gate, x = _matrix(site), site.row()
    state = _state(site, (output,))
    update, reset = (
        site.put(Sigmoid(), site.put(Add(), (gate(x, f"u{word}", output), gate(state, f"w{word}", output))))
        for word in "zr"
    )
    kept = site.put(Mul(), (reset, state))
    inner = site.put(Add(), (gate(x, "uh", output), gate(kept, "wh", output)))
    new = site.put(Tanh() if site.integer("tanh", 0) else Sigmoid(), inner)
    # z h + (1 - z) n = n + z (h - n)
    moved = site.put(Mul(), (update, site.put(Sub(), (state, new))))
    return site.result(site.put(Add(), (new, moved)), (output, 1, 1))


def lstm(site: Site) -> Made:
    """f, i, o = s(W h + U x); g = tanh(W h + U x); c = f c + i g; h = o tanh(c)."""
    output = site.integer("output", 1, 1)
    gate = _matrix(site)
    value = _long(site, site.row(), (output,), lambda v, name: gate(v, name, output), peephole=False)
    return site.result(value, (output, 1, 1))


def conv_lstm(site: Site) -> Made:
    """The same with convolutions; with `peephole` the gates see the cell as well."""
    _, *sizes = site.image()
    if site.integer("bottleneck", 0):
        raise site.wrong("bottleneck=1 of conv_lstm is not known", "bottleneck")
    output = site.integer("output_filters", 1, 1)
    gate, outs = _convolution(site, sizes)
    peephole = bool(site.integer("peephole", 0))
    value = _long(site, site.pixels(), (output, *outs), lambda v, name: gate(v, name, output), peephole=peephole)
    return site.result(value, (output, *outs))


def _long(site: Site, x: int, shape: tuple[int, ...], gate: Callable[[int, str], int], *, peephole: bool) -> int:
    state, cell = _state(site, shape), _state(site, shape, "cell")

    def sum_of(word: str, seen: int | None) -> int:
        terms = [gate(state, f"w{word}"), gate(x, f"u{word}")]
        if peephole and seen is not None:
            terms.append(gate(seen, f"v{word}"))
        return site.put(Add(), tuple(terms))

    forget, enter = (site.put(Sigmoid(), sum_of(word, cell)) for word in "fi")
    new = site.put(Tanh(), sum_of("g", None))
    kept = site.put(Add(), (site.put(Mul(), (forget, cell)), site.put(Mul(), (enter, new))))
    leave = site.put(Sigmoid(), sum_of("o", kept))
    return site.put(Mul(), (leave, site.put(Tanh(), kept)))


def _matrix(site: Site) -> Gate:
    """A connected layer without activation."""
    normal = bool(site.integer("batch_normalize", 0))

    def gate(value: int, name: str, outputs: int) -> int:
        value = site.put(Linear(out_features=outputs, bias=not normal), value, name)
        return site.put(BatchNorm(), value, f"{name}_norm") if normal else value

    return gate


def _convolution(site: Site, sizes: list[int]) -> tuple[Gate, list[int]]:
    """A convolutional layer without activation, which on the state keeps the size; and the size."""
    normal = bool(site.integer("batch_normalize", 0))
    size, step = site.integer("size", 3, 1, TAPS), site.integer("stride", 1, 1, TAPS)
    groups = site.integer("groups", 1, 1)
    padding = size // 2 if site.integer("pad", 1 if site.fork == "pjreddie" else 0) else site.integer("padding", 0)
    if site.fork == "pjreddie":
        size, step, groups, padding = 3, 1, 1, 1  # that engine reads none of them
    outs = [max(1, (n + 2 * padding - size) // step + 1) for n in sizes]

    def gate(value: int, name: str, outputs: int) -> int:
        stride = step if name == "input" or name.startswith("u") else 1
        layer = Conv(
            out_channels=outputs, kernel_size=size, stride=stride, padding=padding, groups=groups, bias=not normal
        )
        value = site.put(layer, value, name)
        return site.put(BatchNorm(), value, f"{name}_norm") if normal else value

    return gate, outs


def _state(site: Site, shape: tuple[int, ...], op: str = "state") -> int:
    """What the step before left, zeros at first."""
    return site.foreign((), shape, op=op)
