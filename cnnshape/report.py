"""What was found: per layer and in total, each number with its unit and status. Knows no format and never prints.

Sizes of memory are bytes. `macs` are multiply-accumulates; `flops` are 2 x macs. A number that cannot be known is
None, and the total above it is partial: the status says so, so that nobody takes it for the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from cnnshape.ops import Ops
from cnnshape.shape import Shape

#: The version of the JSON contract.
SCHEMA = "cnnshape/1"

#: Bytes of one element.
DTYPES: dict[str, int] = {
    "float64": 8,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "int8": 1,
}

State = Literal["complete", "partial", "unavailable"]


class ReceptiveField(msgspec.Struct, frozen=True):
    """One entry per spatial axis of the network's input; None where the axis cannot be followed.

    size: input positions that one output sees (hull, padding included). jump: input positions from one output to the
    next. start: first input index that output 0 sees, negative in the padding.
    """

    size: tuple[int | None, ...]
    jump: tuple[int | float | None, ...]
    start: tuple[int | None, ...]


class LayerReport(msgspec.Struct, gc=False):
    """One row: what one layer does to the tensors that reach it."""

    name: str
    kind: str
    line: int
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    weights: dict[str, Shape] | None
    buffer_shapes: dict[str, Shape]
    params: int | None
    trainable_params: int | None
    buffers: int | None
    macs: int | None
    flops: int | None
    ops: Ops | None
    activation_bytes: int | None
    receptive_field: ReceptiveField | None
    dropped: tuple[int | None, ...] | None = None
    """Input positions per axis that no window reads; None when every one is read."""
    left_over: tuple[int, ...] | None = None
    """Positions of the padded axis behind the last window, per axis; None when the stride fits."""
    shared_with: str | None = None
    view: bool = False
    frozen: bool = False
    path: tuple[str, ...] = ()
    """The names of the blocks around the layer, from the outside in, with the layer's own name last."""


class Tensor(msgspec.Struct, frozen=True):
    """A named input or output of the network."""

    name: str
    shape: Shape


class Training(msgspec.Struct, frozen=True):
    """Bytes that one training step holds, by what they are for; see docs/numbers.md."""

    weights: int
    gradients: int
    buffers: int
    saved_activations: int
    optimizer: dict[str, int]
    total: dict[str, int]


class Totals(msgspec.Struct, frozen=True):
    """Sums over the layers, and what only the whole network has."""

    layers: int
    params: int
    trainable_params: int
    buffers: int
    macs: int
    flops: int
    ops: Ops
    param_bytes: int
    buffer_bytes: int
    input_bytes: int
    activation_bytes: int
    peak_activation_bytes: int
    peak_at: str | None
    peak_tensors: tuple[str, ...]
    training_bytes: Training
    receptive_field: ReceptiveField | None


#: The totals that are numbers, or hold numbers, by the names that budgets use.
NUMBERS = (*[name for name in Totals.__struct_fields__ if name not in ("peak_at", "peak_tensors")], "jump")


class Status(msgspec.Struct, frozen=True):
    """Whether each total counts every layer."""

    params: State
    macs: State
    ops: State
    memory: State
    receptive_field: State

    def of(self, total: str) -> State:
        """The state of one total, by its name; what every network knows in full is complete."""
        return getattr(self, STATES[total]) if total in STATES else "complete"


#: Which state each total has.
STATES = {
    "params": "params",
    "trainable_params": "params",
    "param_bytes": "params",
    "training_bytes": "params",
    "buffers": "params",
    "buffer_bytes": "params",
    "macs": "macs",
    "flops": "macs",
    "ops": "ops",
    "activation_bytes": "memory",
    "peak_activation_bytes": "memory",
    "receptive_field": "receptive_field",
    "jump": "receptive_field",
}
#: The number of a layer that is missing where one of these is not complete.
MISSING = {"params": "params", "macs": "macs", "memory": "activation_bytes"}


class Model(msgspec.Struct, frozen=True):
    """What was analysed."""

    name: str
    source: str
    format: str


class Expectation(msgspec.Struct, frozen=True):
    """A promise of the spec that does not hold."""

    layer: str
    line: int
    what: str
    expected: Any
    found: Any


#: How a notebook shows a report: set by the front door, since a report knows no format.
in_a_notebook: Callable[[Report], str] | None = None


class Report(msgspec.Struct):
    """Everything that is known about one network at one batch size and dtype."""

    model: Model
    batch: int
    dtype: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    totals: Totals
    status: Status
    layers: list[LayerReport]
    failed: list[Expectation] = []
    schema: str = SCHEMA

    def layer(self, name: str) -> LayerReport:
        """The row of one layer; KeyError for an unknown name."""
        for row in self.layers:
            if row.name == name:
                return row
        raise KeyError(name)

    def lacking(self, what: str) -> tuple[str, ...]:
        """The layers without params, MACs or memory: `what` is one of MISSING."""
        return tuple([row.name for row in self.layers if getattr(row, MISSING[what]) is None])

    def _repr_html_(self) -> str | None:
        """The table, for a notebook; None, where nobody has said how a report looks, leaves it to the plain text."""
        return None if in_a_notebook is None else in_a_notebook(self)
