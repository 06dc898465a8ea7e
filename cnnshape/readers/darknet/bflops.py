"""What darknet prints when it loads a file: the size of every layer, and its operations.

BFLOPs are a convention of the program: 2 for each multiply-accumulate of a convolution or a connected layer and nothing
for most others. pjreddie's program counts no more (`numops`); AlexeyAB's divides those of xnor layers by 32 and adds a
comparison for every tap of a pool, and an addition for every number of a shortcut, two where it is weighted. Neither
counts recurrent or locally connected layers. The reader's MACs count all work; this is for comparing with the program.
"""

from __future__ import annotations

from typing import NamedTuple

from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.darknet import walk
from cnnshape.readers.file import File


class Printed(NamedTuple):
    """One line of the program's table."""

    number: int
    type: str
    image: tuple[int, int, int] | None
    """Channels, height and width; None where the layer has no image."""
    outputs: int
    operations: int
    nodes: tuple[str, ...]
    """The layers of the report that this one is made of."""

    @property
    def bflops(self) -> float:
        """In billions."""
        return self.operations / 1e9


def printed(file: File, options: Options | None = None) -> list[Printed]:
    """The program's table of a `.cfg` file, by the fork that it is written for.

    Errors: ModelError with every problem of the file
    """
    found = walk.walked(file, options or Options())
    if found.graph.problems:
        raise ModelError(found.graph.problems)
    return [
        Printed(index, section.name, made.image, made.outputs, made.operations, tuple(name for name, _ in made.nodes))
        for index, (section, made) in enumerate(zip(found.sections, found.made, strict=True))
    ]
