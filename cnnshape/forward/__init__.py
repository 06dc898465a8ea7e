"""NumPy kernels, one file per layer family with the names of `layers/`: they compute, and count what they compute.

Nothing here imports geometry, the calculator or the report, nor calls a layer's shape rule: a check that calls what it
checks proves nothing. A kernel reads a layer's fields and the arrays that arrive; the size of a result is the size of
the array that came out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from cnnshape.layers import FAMILIES

#: A kernel: (layer, kit, inputs...) -> an array, or several.
Kernel = Callable[..., Any]

#: The file of each kind.
FILES = {kind: file for file, kinds in FAMILIES.items() for kind in kinds}


@cache
def kernel(kind: str, mode: str = "fast") -> Kernel | None:
    """The kernel of a kind. None when nothing can compute it.

    "reference" is the one of plain loops and "direct" the one that performs every operation itself, where there is one.
    """
    if mode == "reference" and kind in REFERENCE:
        return getattr(import_module("cnnshape.forward.reference"), kind)  # type: ignore[no-any-return]
    family = import_module(f"cnnshape.forward.{FILES[kind]}")
    if mode == "direct" and kind in DIRECT:
        return getattr(family, f"direct_{kind}")  # type: ignore[no-any-return]
    return family.KERNELS.get(kind)  # type: ignore[no-any-return]


#: The kinds with a second kernel of plain loops over windows, the judge of the first.
REFERENCE = ("conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool")

#: The kinds whose kernel may take another way to the same numbers, and have one that never does.
DIRECT = ("conv",)
