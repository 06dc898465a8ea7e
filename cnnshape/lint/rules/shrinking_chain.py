"""Chain of convolutions without padding."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, NORMS, VIEWS
from cnnshape.lint.rule import Rule

PASS = ACTIVATIONS | NORMS | VIEWS | {"local_response_norm"}


def check(g: Graph) -> Iterator[Found]:
    """Runs of convolutions without padding that eat a large share of the map."""
    done: set[int] = set()
    for n, _ in g.sliding("conv"):
        if n in done:
            continue
        run: list[int] = []
        at: int | None = n
        while (
            at is not None
            and g.kind(at) == "conv"
            and all(w.stride == 1 and w.before == w.after == 0 for w in g.windows(at))
        ):
            done.add(at)
            if not g.pointwise(at):
                run.append(at)
            at = g.behind(at, PASS)
        if len(run) < g.options["longest-chain"]:
            continue
        before, after = g.x(run[0])[2:], g.y(run[-1])[2:]
        if all(2 * b > a for a, b in zip(before, after, strict=True)):
            continue
        yield Found(
            run[-1],
            f"{len(run)} convolutions without padding in a row, from {g.name(run[0])} on, shrink the map from "
            f"{'x'.join(map(str, before))} to {'x'.join(map(str, after))}",
            "padding: same",
            "padding",
        )


RULE = Rule(
    code="CNN-L111",
    name="shrinking-chain",
    severity="warning",
    what="Finds runs of convolutions of stride 1 without padding that take half of an axis or more.",
    why=(
        "Each takes kernel - 1 positions, at the border only: what lies there is read less often than the "
        "rest, and the depth of the network is bounded by the size of the image."
    ),
    source="CS231n, Convolutional Networks, why use padding",
    bad="""\
input: 1x16x16
layers:
  - conv: 8
  - relu
  - conv: 8
  - relu
  - conv: 8
  - relu
  - conv: 8
  - relu
""",
    good="""\
input: 1x16x16
layers:
  - conv: {out_channels: 8, padding: 1}
  - relu
  - conv: {out_channels: 8, padding: 1}
  - relu
  - conv: {out_channels: 8, padding: 1}
  - relu
  - conv: {out_channels: 8, padding: 1}
  - relu
""",
    check=check,
    options={"longest-chain": 3},
)
