"""Counting conventions as data: what each known tool reports for a network, and why it differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnshape.conventions.step import Convention

#: Every convention's name, in the order in which they are shown.
NAMES = (
    *("paper", "torchinfo", "fvcore", "ptflops", "ptflops-aten", "thop", "calflops", "calflops-macs", "torch"),
    *("keras", "tf", "tf-keras2", "onnx-tool", "netscope", "darknet", "darknet-alexeyab"),
)


def by_name() -> dict[str, Convention]:
    """Every convention, in the order of NAMES."""
    from cnnshape.conventions import classic, dispatched, graphs, torch

    files = (classic, torch, dispatched, graphs)
    found = {one.name: one for file in files for one in file.CONVENTIONS}
    return {name: found[name] for name in NAMES}
