"""The network's outputs beside those of another engine on the same weights and inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.network import Network
from cnnshape.report import Report
from cnnshape.verify.result import Check


def compared(
    network: Network, report: Report, weights: Any, inputs: list[Any], outputs: dict[int, Any], engine: str
) -> list[Check]:
    """One check per output: the largest difference, relative to the largest value, against what rounding allows."""
    from cnnshape.against import onnxruntime_outputs, torch_outputs

    fed = {tensor.name: array for tensor, array in zip(network.inputs, inputs, strict=True)}
    theirs = (
        onnxruntime_outputs(network, report, weights, fed)
        if engine == "onnxruntime"
        else torch_outputs(network, weights, fed)
    )
    allowed = 1e-3 if report.dtype == "float32" else 1e-9
    checks = []
    for tensor, value, other in zip(report.outputs, network.outputs, theirs, strict=True):
        ours = outputs[value]
        if ours.shape != tuple(other.shape):
            checks.append(Check(f"output {tensor.name} of {engine}", list(ours.shape), list(other.shape), ok=False))
            continue
        worst = _worst(ours, np.asarray(other))
        note = f"largest difference relative to the largest value; {allowed:g} is allowed for rounding"
        checks.append(Check(f"output {tensor.name} of {engine}", allowed, worst, bool(worst <= allowed), note))
    return checks


def _worst(ours: Any, theirs: Any) -> float:
    """The largest difference, relative to the largest value; infinite where one side alone has no finite number."""
    finite = np.isfinite(theirs)
    if not np.array_equal(finite, np.isfinite(ours)):
        return float("inf")
    scale = float(np.max(np.abs(theirs[finite]), initial=0.0)) or 1.0
    return float(np.max(np.abs(ours[finite] - theirs[finite]), initial=0.0)) / scale
