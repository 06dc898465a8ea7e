"""The formulas backwards: which kernels, strides and paddings turn one size into another.

`windows.py` asks it of a layer, `fields.py` of the receptive field of several, `budget.py` of params and MACs.
"""

from __future__ import annotations

from cnnshape.solve.answer import SCHEMA, Answer, Chain, Chains, Cost, Solution
from cnnshape.solve.budget import Budget
from cnnshape.solve.fields import chains
from cnnshape.solve.windows import KINDS, Space, solve

__all__ = ["KINDS", "SCHEMA", "Answer", "Budget", "Chain", "Chains", "Cost", "Solution", "Space", "chains", "solve"]
