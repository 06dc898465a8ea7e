"""Layer whose result nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Layers that no output of the network depends on; only the last of each dead end is told."""
    alive = set(g.outputs)
    for node in reversed(g.nodes):
        if not alive.isdisjoint(node.outputs):
            alive.update(node.inputs)
    seen: set[int] = set()  # a layer above two dead ends is told with the first
    for n, node in enumerate(g.nodes):
        if not alive.isdisjoint(node.outputs) or any(g.readers[v] for v in node.outputs):
            continue
        params, count, pending = 0, 0, [n]
        while pending:
            m = pending.pop()
            if m in seen:
                continue
            seen.add(m)
            params, count = params + (g.row(m).params or 0), count + 1
            makers = [g.maker[v] for v in g.nodes[m].inputs]
            pending.extend(k for k in makers if k is not None and alive.isdisjoint(g.nodes[k].outputs))
        more = f", and {count - 1} above it lead{'s' if count == 2 else ''} nowhere else" if count > 1 else ""
        reached = f": {params:,} params that no loss reaches" if params else ""
        yield Found(
            n,
            f"nothing reads {g.name(n)}, and it is no output{more}{reached}",
            "name it in outputs:, or leave it out",
            change=Change("remove") if count == 1 else None,
            severity=None if g.network.format == "cnnshape" else "warning",
        )


RULE = Rule(
    code="CNN-L303",
    name="dead-layer",
    severity="error",
    what="Finds layers whose output neither another layer reads nor the network gives.",
    why=(
        "It is computed and stored for nothing and never trained. Usually a `from` names the wrong layer. In "
        "files of other tools it is a warning, as these may keep what only training used."
    ),
    source="the graph itself",
    bad="""\
input: 3x32x32
layers:
  - conv: 8
    name: one
  - relu:
    name: active
  - conv: 8
    from: one
""",
    good="""\
input: 3x32x32
layers:
  - conv: 8
    name: one
  - relu:
    name: active
  - conv: 8
    from: active
""",
    check=check,
    fixes="Removes the layer, where nothing else depends on it.",
)
