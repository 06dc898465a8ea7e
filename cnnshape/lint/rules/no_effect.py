"""Layer that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.kinds import DROPOUTS, GLOBAL_POOLS, POOLS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Layers that hand on what they read."""
    for n, row in enumerate(g.rows):
        if not g.known(n) or len(row.input_shapes) != 1 or len(row.output_shapes) != 1 or g.x(n) != g.y(n):
            continue
        kind, layer, why = row.kind, g.layer(n), ""
        if kind in POOLS and all(w.kernel == w.stride == 1 for w in g.windows(n)):
            why = "its window holds one position"
        elif kind in GLOBAL_POOLS and len(g.x(n)) > 2:
            why = f"the map {g.x(n)} has one position already"
        elif kind in DROPOUTS - {"drop_path"} and layer.p == 0:
            why = "p: 0 drops nothing"
        elif kind == "upsample":
            why = f"it resizes {g.x(n)} to itself"
        elif kind in ("reshape", "flatten", "crop", "slice", "squeeze") or (
            kind == "permute" and list(layer.dims) == sorted(layer.dims)
        ):
            why = f"its output {g.y(n)} is its input"
        elif kind == "pad":
            why = "it adds no position"
        elif kind == "concat":
            why = "it has one input"
        elif kind == "channel_shuffle" and layer.groups in (1, g.x(n)[1]):
            why = f"shuffling {layer.groups} groups of {g.x(n)[1]} channels moves none"
        if why:
            yield Found(n, f"{kind} changes nothing: {why}", "leave it out", change=Change("remove"))


RULE = Rule(
    code="CNN-L118",
    name="no-effect",
    severity="warning",
    what=("Finds pools of one position, dropout of nothing, resizing to the same size, and views that keep the shape."),
    why=(
        "It costs memory traffic, misleads a reader, and is often the trace of a wrong number. An `identity`, "
        "an adaptive pool (it serves other input sizes) and `drop_path` are left alone."
    ),
    source="the layer's own formula, with the numbers of this network",
    bad="""\
input: 8x32x32
layers:
  - max_pool: 1
  - conv: 8
""",
    good="""\
input: 8x32x32
layers:
  - max_pool: 2
  - conv: 8
""",
    check=check,
    fixes="Removes the layer.",
    on_the_zoo=(
        "The second version of Keras's ResNets writes its plain shortcuts as pools of one position, so that a "
        "strided one looks alike."
    ),
)
