"""Darknet `.cfg` files, of pjreddie's program and of AlexeyAB's; weights are in another file and are not needed.

What is covered and how it is counted is in docs/readers/darknet.md, the table of sections in table.py, what the program
itself prints in bflops.py.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnshape.errors import Problem
    from cnnshape.network import Network
    from cnnshape.readers import Options
    from cnnshape.readers.file import File


def read(file: File, options: Options) -> tuple[Network, list[Problem]]:
    """The network of a `.cfg` file, and what is wrong with it.

    Errors: ModelError when there is no [net], no input or nothing else to build
    """
    from cnnshape.readers.darknet.walk import walked

    graph = walked(file, options).graph
    return graph.network(PurePath(file.name).stem), graph.problems
