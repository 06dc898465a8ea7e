"""Norm over one number."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Norms whose mean is taken over one number."""
    for n in g.each("instance_norm", "group_norm", "layer_norm", "rms_norm"):
        x, layer, kind = g.x(n), g.layer(n), g.kind(n)
        if len(x) < 2:
            continue
        if kind == "instance_norm":
            count, shown = prod(x[2:]), " * ".join(map(str, x[2:]))
        elif kind == "group_norm":
            count = x[1] // layer.num_groups * prod(x[2:])
            shown = f"{x[1]} / {layer.num_groups} channels * {prod(x[2:])} positions"
        else:
            dims = layer.dim if isinstance(layer.dim, tuple) else (layer.dim,)
            count, shown = prod(x[d] for d in dims), " * ".join(str(x[d]) for d in dims)
        if count == 1:
            result = "its sign" if kind == "rms_norm" else "0"
            yield Found(
                n,
                f"{kind} over {shown} = 1 number of {x}: the result is {result}, whatever comes in",
                "batch_norm, or a norm over more",
            )


RULE = Rule(
    code="CNN-L306",
    name="norm-over-one",
    severity="error",
    what="Finds instance, group, layer and RMS norms that normalise single numbers.",
    why="A number minus its own mean is zero: the layer erases the map and leaves its shift alone.",
    source="Ulyanov et al. 2016; Wu & He 2018, section 3 (the sets over which a mean is taken)",
    bad="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, bias: false}
  - global_avg_pool
  - instance_norm
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, bias: false}
  - instance_norm
  - relu
""",
    check=check,
)
