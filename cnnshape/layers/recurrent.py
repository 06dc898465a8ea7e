"""Recurrent layers over a sequence, batch first."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Whole as WholeAxis
from cnnshape.layers.base import Carry, Count, Layer
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class _Recurrent(Layer, frozen=True):
    """`gates` matrix products per step and layer, then a few elementwise operations."""

    shorthand: ClassVar[str] = "hidden_size"
    saves: ClassVar[Any] = "both"
    #: How many matrices of hidden_size rows a step multiplies.
    gates: ClassVar[int] = 1
    #: How many values per unit and step the backward pass needs besides the states.
    steps_keep: ClassVar[int] = 0

    hidden_size: Count
    num_layers: Annotated[int, Meta(ge=1, le=1024)] = 1
    bias: bool = True
    bidirectional: bool = False
    recurrent_bias: bool = True
    """Whether the state's product has a bias of its own, as in torch and ONNX; Keras' LSTM has one bias."""

    @property
    def directions(self) -> int:
        """1, or 2 when the sequence is read both ways."""
        return 2 if self.bidirectional else 1

    def out(self, x: Shape) -> Shape:
        """(N, L, directions * hidden_size): the last layer at every step."""
        if len(x) != 3:
            raise LayerError(
                "CNN-E404",
                f"{self.kind} needs a sequence of L x features, but gets {Shape(*x[1:])}",
                advice="permute or reshape it so that the features come last",
            )
        return Shape(x[0], x[1], self.directions * self.hidden_size)

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """A step may depend on every other one."""
        return (Carry(1, 1, WholeAxis(x[1])),)

    def weights(self, x: Shape) -> dict[str, Shape]:
        """Torch's names, layer by layer and direction by direction."""
        found, rows, width = {}, self.gates * self.hidden_size, x[2]
        for layer in range(self.num_layers):
            for suffix in ("", "_reverse")[: self.directions]:
                found[f"weight_ih_l{layer}{suffix}"] = Shape(rows, width)
                found[f"weight_hh_l{layer}{suffix}"] = Shape(rows, self.hidden_size)
                if self.bias:
                    found[f"bias_ih_l{layer}{suffix}"] = Shape(rows)
                if self.bias and self.recurrent_bias:
                    found[f"bias_hh_l{layer}{suffix}"] = Shape(rows)
            width = self.directions * self.hidden_size
        return found

    def inside(self, x: Shape) -> int:
        """The states of all layers but the last, and what every step keeps."""
        units = x[0] * x[1] * self.directions * self.hidden_size
        return units * (self.num_layers * (1 + self.steps_keep) - 1)

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """steps: N * L * layers * directions; widths: input sizes of all layers, added; directions; biases: 0, 1 or 2."""
        d = self.directions
        widths = x[2] + (self.num_layers - 1) * d * self.hidden_size
        biases = (2 if self.recurrent_bias else 1) if self.bias else 0
        steps = x[0] * x[1] * self.num_layers * d
        return {"steps": steps, "widths": widths, "directions": d, "L": x[1], "biases": biases}

    def matrix(self, y: Shape, x: Shape) -> tuple[int, int, int]:
        """(multiply-accumulates, bias additions, units in all steps)."""
        t = self.terms(y, x)
        rows = self.gates * self.hidden_size
        macs = x[0] * x[1] * t["directions"] * rows * (t["widths"] + self.num_layers * self.hidden_size)
        units = t["steps"] * self.hidden_size
        # The products of input and state are added, and each may bring a bias.
        return macs, units * self.gates * (1 + t["biases"]), units


class Rnn(_Recurrent, frozen=True):
    """h = tanh(W x + b + U h + c), or relu.

    Shape:   (N, L, features) -> (N, L, directions * hidden_size)
    Weights: weight_ih (hidden, features), weight_hh (hidden, hidden), bias_ih (hidden), bias_hh (hidden) per layer
             and direction
    Ops:     mac = N * L * directions * hidden_size * (widths + num_layers * hidden_size)
             add = steps * hidden_size * (1 + biases)
             cmp = steps * hidden_size if nonlinearity == 'relu' else 0
             tanh = steps * hidden_size if nonlinearity == 'tanh' else 0
    Errors:  CNN-E404 if the input is no sequence
    Source:  torch.nn.RNN

    >>> Rnn(hidden_size=5).params(Shape(2, 7, 3))
    50
    """

    kind: ClassVar[str] = "rnn"

    nonlinearity: Literal["tanh", "relu"] = "tanh"

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Two products, their sum and one nonlinearity per step."""
        macs, adds, units = self.matrix(y, x)
        relu = self.nonlinearity == "relu"
        return Ops(mac=macs, add=adds, cmp=units if relu else 0, tanh=0 if relu else units)


class Lstm(_Recurrent, frozen=True):
    """Input, forget, cell and output gates: c = f * c + i * g; h = o * tanh(c).

    Shape:   (N, L, features) -> (N, L, directions * hidden_size)
    Weights: weight_ih (4 * hidden, features), weight_hh (4 * hidden, hidden), bias_ih (4 * hidden),
             bias_hh (4 * hidden) per layer and direction
    Ops:     mac = N * L * directions * 4 * hidden_size * (widths + num_layers * hidden_size)
             add = steps * hidden_size * (4 * (1 + biases) + 3 + 1)
             mul = 3 * steps * hidden_size
             div = 3 * steps * hidden_size
             exp = 3 * steps * hidden_size
             tanh = 2 * steps * hidden_size
    Errors:  CNN-E404 if the input is no sequence
    Source:  Hochreiter & Schmidhuber 1997; torch.nn.LSTM

    >>> Lstm(hidden_size=5).params(Shape(2, 7, 3))
    200
    """

    kind: ClassVar[str] = "lstm"
    gates: ClassVar[int] = 4
    steps_keep: ClassVar[int] = 5  # the four gates and the cell

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Eight products, three sigmoids, two tangents, three multiplications and a sum per step."""
        macs, adds, units = self.matrix(y, x)
        return Ops(mac=macs, add=adds + 4 * units, mul=3 * units, div=3 * units, exp=3 * units, tanh=2 * units)


class Gru(_Recurrent, frozen=True):
    """Reset and update gates: n = tanh(W x + b + r * (U h + c)); h = (1 - z) * n + z * h.

    Shape:   (N, L, features) -> (N, L, directions * hidden_size)
    Weights: weight_ih (3 * hidden, features), weight_hh (3 * hidden, hidden), bias_ih (3 * hidden),
             bias_hh (3 * hidden) per layer and direction
    Ops:     mac = N * L * directions * 3 * hidden_size * (widths + num_layers * hidden_size)
             add = steps * hidden_size * (3 * (1 + biases) + 2 + 2)
             mul = 3 * steps * hidden_size
             div = 2 * steps * hidden_size
             exp = 2 * steps * hidden_size
             tanh = steps * hidden_size
    Errors:  CNN-E404 if the input is no sequence
    Source:  Cho et al. 2014; torch.nn.GRU

    >>> Gru(hidden_size=5).params(Shape(2, 7, 3))
    150
    """

    kind: ClassVar[str] = "gru"
    gates: ClassVar[int] = 3
    steps_keep: ClassVar[int] = 4  # the three gates, and U h + c before the reset gate

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Six products, two sigmoids, a tangent, three multiplications, 1 - z and a sum per step."""
        macs, adds, units = self.matrix(y, x)
        return Ops(mac=macs, add=adds + 4 * units, mul=3 * units, div=2 * units, exp=2 * units, tanh=units)
