"""What `solve` answers; the JSON contract cnnshape-solve/1. Knows no format and never prints."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cnnshape.layers import BY_NAME

#: The version of the JSON contract.
SCHEMA = "cnnshape-solve/1"


class Cost(msgspec.Struct, frozen=True):
    """What a combination costs with channels."""

    in_channels: int
    out_channels: int
    """The most of those allowed that the budget pays for."""
    groups: int
    params: int
    macs: int


class Answer(msgspec.Struct, frozen=True, gc=False):
    """One combination, and what it makes of the size."""

    kernel_size: int
    stride: int
    padding: int
    """In front of every axis."""
    after: int
    """Behind every axis."""
    dilation: int
    output_padding: int
    out: tuple[int, ...]
    left_over: tuple[int, ...]
    """Positions of each padded axis behind the last window: (N - F + 2P) mod S."""
    lost: tuple[int, ...]
    """Those of them that are input, and not padding."""
    cost: Cost | None = None

    def fields(self, kind: str) -> dict[str, Any]:
        """The layer's fields, as a spec writes them; what is the default is left out.

        >>> Answer(2, 2, 0, 0, 1, 0, (), (), ()).fields("max_pool")
        {'kernel_size': 2}
        """
        found: dict[str, Any] = {"kernel_size": self.kernel_size}
        if self.stride != (1 if kind.startswith("conv") else self.kernel_size):
            found["stride"] = self.stride
        if self.padding != self.after:
            found["padding"] = ((self.padding, self.after),) * max(1, len(self.out))
        elif self.padding:
            found["padding"] = self.padding
        if self.dilation != 1:
            found["dilation"] = self.dilation
        if self.output_padding:
            found["output_padding"] = self.output_padding
        if self.cost is not None:
            found = {"out_channels": self.cost.out_channels, **found}
            if self.cost.groups != 1:
                found["groups"] = self.cost.groups
        return found

    def layer(self, kind: str, out_channels: int, rank: int, **more: Any) -> Any:
        """The layer that it describes."""
        fields = {**self.fields(kind), **more}
        if self.padding != self.after:
            fields["padding"] = ((self.padding, self.after),) * rank
        if kind.startswith("conv"):
            fields.setdefault("out_channels", out_channels)
        return BY_NAME[kind](**fields)


class Solution(msgspec.Struct, frozen=True):
    """What was found for one question."""

    kind: str
    size: tuple[int, ...]
    wanted: tuple[int, ...]
    exact: bool
    """Whether the answers give the wanted size, lose no input position and keep the budget; else they are the nearest."""
    short_of: Literal["", "size", "budget"]
    """What the nearest answers fall short of; "" where they are exact."""
    count: int
    """How many there are, of which `answers` are the first."""
    tried: int
    answers: list[Answer]
    schema: str = SCHEMA


class Chain(msgspec.Struct, frozen=True, gc=False):
    """Layers of one kernel, one behind the other, and what an output of the last one sees."""

    layers: int
    kernel_size: int
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    field: int
    jump: int
    params: int | None
    """Of all layers together, with `channels` in and out of each and no bias; None without channels."""


class Chains(msgspec.Struct, frozen=True):
    """Chains that see a wanted receptive field."""

    wanted: int
    exact: bool
    """Whether there is a chain that sees at least the wanted field; otherwise those that see most."""
    count: int
    channels: int | None
    chains: list[Chain]
    schema: str = SCHEMA


def schema() -> dict[str, Any]:
    """The JSON Schema of the contract: windows of one layer, or chains of several."""
    parts = msgspec.json.schema_components((Solution, Chains), ref_template="#/$defs/{name}")[1]
    for name, part in parts.items():
        part["required"] = list(part["properties"])
        if name in ("Solution", "Chains"):
            part["properties"]["schema"] = {"const": SCHEMA}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{SCHEMA} answer",
        "anyOf": [{"$ref": "#/$defs/Solution"}, {"$ref": "#/$defs/Chains"}],
        "$defs": parts,
    }
