"""A network at many input sizes: which work, which fit, what they cost, and what repeats.

The sizes go through the layers' own rules as arrays (`many.py`), part where a rule treats them unlike (`ask.py`,
`walk.py`), and are laid out in columns again (`columns.py`); `law.py` looks for what repeats.
"""

from __future__ import annotations

from cnnshape.sizes.result import SCHEMA, Sizes
from cnnshape.sizes.sweeping import NoAxisError, grid, sweep

__all__ = ["SCHEMA", "NoAxisError", "Sizes", "grid", "sweep"]
