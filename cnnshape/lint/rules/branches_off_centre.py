"""Branches that look at different places."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import AXES, Found, Graph
from cnnshape.lint.kinds import MERGES, UPSAMPLING
from cnnshape.lint.rule import Rule
from cnnshape.report import ReceptiveField


def check(g: Graph) -> Iterator[Found]:
    """Merges of maps whose middles look at different places of the input."""
    resampled: list[bool] = [False] * g.inputs
    for n, node in enumerate(g.nodes):
        mixed = g.kind(n) in UPSAMPLING or any(resampled[v] for v in node.inputs)
        resampled.extend([mixed] * len(node.outputs))
    for n in g.each(*MERGES):
        values = [v for v in g.nodes[n].inputs if len(g.shapes[v]) > 2 and not resampled[v]]
        found = [_itself(g, v) if (m := g.maker[v]) is None else g.rows[m].receptive_field for v in values]
        fields = [field for field in found if field is not None]
        if len(fields) < 2 or len(fields) != len(g.nodes[n].inputs) or len({len(f.size) for f in fields}) > 1:
            continue
        # A field has the axes of the network's input, whatever became of them since.
        for axis, name in enumerate(AXES.get(len(fields[0].size), ())):
            seen = [(f.start[axis], f.size[axis], f.jump[axis]) for f in fields]
            if any(None in one for one in seen) or len({one[2] for one in seen}) != 1:
                continue
            middles = [start + (size - 1) / 2 for start, size, _ in seen]  # type: ignore[operator]
            apart, jump = max(middles) - min(middles), seen[0][2]
            if jump and apart > g.options["centre-tolerance"] * jump:
                names = [g.name(g.maker[v]) for v in values]
                low, high = names[middles.index(min(middles))], names[middles.index(max(middles))]
                yield Found(
                    n,
                    f"along the {name}, the middle of {high} looks {apart:g} input positions further than that of "
                    f"{low}, where neighbours are {jump:g} apart",
                    "pad the branches alike, so that each window keeps its middle",
                )
                break


def _itself(g: Graph, value: int) -> ReceptiveField:
    """What an input of the network sees."""
    rank = len(g.shapes[value]) - 2
    return ReceptiveField((1,) * rank, (1,) * rank, (0,) * rank)


RULE = Rule(
    code="CNN-L115",
    name="branches-off-centre",
    severity="warning",
    what="Finds merges of maps whose receptive fields have different centres, by more than half a step.",
    why=("The branches' features are laid on top of one another although they describe different places of the image."),
    source="Araujo, Norris & Sim 2019, Computing Receptive Fields (Distill), alignment issues",
    bad="""\
input: 8x32x32
layers:
  - branches:
      - [conv: {out_channels: 8, kernel_size: 5, padding: [[0, 4], [0, 4]]}]
      - [conv: {out_channels: 8, kernel_size: 1}]
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - branches:
      - [conv: {out_channels: 8, kernel_size: 5, padding: 2}]
      - [conv: {out_channels: 8, kernel_size: 1}]
  - relu
""",
    check=check,
    options={"centre-tolerance": 0.5},
)
