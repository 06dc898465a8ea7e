"""One layer with most of the parameters."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """One linear layer that holds most of the parameters, behind a flattened map."""
    total = g.report.totals.params
    if g.report.status.params != "complete" or total < g.options["heavy-params"]:
        return
    for n in g.each("linear"):
        params = g.row(n).params or 0
        if 2 * params <= total:
            continue
        flat = g.ahead(n, frozenset({"dropout", "identity"}))
        if flat is None or g.kind(flat) not in ("flatten", "reshape") or len(g.x(flat)) < 3:
            continue
        x = g.x(flat)
        if x[2:].count(1) == len(x) - 2:
            continue
        left = x[1] * g.y(n)[-1] + (g.y(n)[-1] if g.layer(n).bias else 0)
        yield Found(
            n,
            f"holds {params:,} of {total:,} params, {params / total:.0%}: {x[1]} * {' * '.join(map(str, x[2:]))} "
            f"inputs * {g.y(n)[-1]} outputs; behind a global average it would have {left:,}",
            f"global_avg_pool in front of {g.name(flat)}",
        )


RULE = Rule(
    code="CNN-L302",
    name="heavy-layer",
    severity="warning",
    what=(
        "Finds linear layers behind a flattened map that hold more than half of all parameters, in networks "
        "of a million or more."
    ),
    why=(
        "Every position of the map has weights of its own there. Global average pooling removes them and the "
        "danger of overfitting with them, and lets the network take images of any size."
    ),
    source="Lin et al. 2013, Network In Network, 3.2; Szegedy et al. 2014, section 5",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 64, kernel_size: 4, stride: 4}
  - relu
  - repeat: 4
    layers:
      - conv: {out_channels: 64, padding: 1}
      - relu
  - flatten
  - linear: 512
  - relu
  - linear: 10
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 64, kernel_size: 4, stride: 4}
  - relu
  - repeat: 4
    layers:
      - conv: {out_channels: 64, padding: 1}
      - relu
  - global_avg_pool
  - flatten
  - linear: 512
  - relu
  - linear: 10
""",
    check=check,
    options={"heavy-params": 1000000},
    on_the_zoo=(
        "AlexNet (37,752,832 of 61,100,840), CaffeNet, ZFNet and the VGG family (VGG-16: 102,764,544 of "
        "138,357,544) are the classic cases: their successors replaced exactly this layer by global pooling."
    ),
)
