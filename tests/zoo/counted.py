"""What other counters count, in their own way, out of a report: so that what they published can be held."""

from __future__ import annotations

from decimal import Decimal

from cnnshape.report import LayerReport, Report
from cnnshape.shape import Shape

SLOPES = ("relu", "relu6", "silu", "gelu", "sigmoid", "hardsigmoid", "hardswish", "softmax")
POOLS = ("max_pool", "avg_pool", "global_avg_pool", "adaptive_avg_pool")


def elements(shapes: tuple[Shape, ...]) -> int:
    return sum(shape.numel for shape in shapes)


def over(report: Report, *kinds: str, count: str = "output_shapes") -> int:
    """The elements that layers of some kinds make (or read)."""
    return sum(elements(getattr(row, count)) for row in report.layers if row.kind in kinds)


def biases(report: Report, *kinds: str) -> int:
    """The additions of a bias: one for each output."""
    rows = [row for row in report.layers if row.kind in kinds and "bias" in (row.weights or {})]
    return sum(elements(row.output_shapes) for row in rows)


def thop(report: Report) -> Decimal:
    """Batch norm four times, a linear layer's additions beside its multiplications, average pools; in 10^9."""
    linear = sum(row.macs - elements(row.output_shapes) for row in report.layers if row.kind == "linear")
    pools = over(report, "avg_pool", "global_avg_pool", "adaptive_avg_pool")
    wide = over(report, "global_avg_pool", "adaptive_avg_pool", count="input_shapes")
    total = report.totals.macs + biases(report, "conv") + linear + 4 * over(report, "batch_norm") + pools + wide
    return Decimal(total) / 10**9


def ptflops(report: Report) -> Decimal:
    """Biases, batch norm twice, activations, pools as modules and again as the functions in them; in 10^9.

    A ReLU counts twice as well, where it is a module: GoogLeNet and Inception v3 call the function alone.
    """
    again = 0 if report.model.name in ("GoogLeNet", "Inception v3") else over(report, "relu")
    seen = over(report, *SLOPES) + again + 2 * over(report, *POOLS, count="input_shapes")
    norms = 2 * over(report, "batch_norm")
    return Decimal(report.totals.macs + biases(report, "conv", "linear") + norms + seen) / 10**9


def ptflops_aten(report: Report) -> Decimal:
    """Products, with their biases; in 10^9."""
    return Decimal(report.totals.macs + biases(report, "conv", "linear")) / 10**9


def burden_params(report: Report) -> Decimal:
    """Params and batch norm's statistics, in MB of 1024."""
    return Decimal(4 * (report.totals.params + report.totals.buffers)) / 2**20


def burden_features(report: Report) -> Decimal:
    """Every output; activations, views and squeeze-excite's product are in place. MB of 1024."""
    kept = [row for row in report.layers if row.kind not in (*SLOPES, "flatten", "mul", "identity")]
    return Decimal(4 * sum(elements(row.output_shapes) for row in kept)) / 2**20


def taps(row: LayerReport) -> int:
    """What a pool reads: the comparisons (or additions) of every window, and one more for each output."""
    return row.ops.cmp + row.ops.add + elements(row.output_shapes)


def burden_macs(report: Report) -> Decimal:
    """MACs, biases, twice a ReLU, and what pools read."""
    pools = sum(taps(row) for row in report.layers if row.kind in POOLS)
    slopes = 2 * over(report, "relu", "relu6")
    return Decimal(report.totals.macs + biases(report, "conv", "linear") + slopes + pools)
