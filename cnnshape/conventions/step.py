"""What a counting convention is, as data: where it departs from our MACs, by which formula, and why."""

from __future__ import annotations

from typing import Literal

import msgspec

#: Words for groups of kinds, so that a step reads as its source does.
RECURRENT = ("rnn", "lstm", "gru")
POOLS = ("max_pool", "avg_pool")
GLOBAL = ("global_avg_pool", "global_max_pool")
ADAPTIVE = ("adaptive_avg_pool", "adaptive_max_pool")
ALL_POOLS = POOLS + GLOBAL + ADAPTIVE
PRODUCTS = ("matmul", "scaled_dot_product_attention")
#: The kinds whose work is MACs; what a convention does not count of them it takes away.
MAC_KINDS = ("conv", "conv_transpose", "linear", "bilinear", *PRODUCTS, "multi_head_attention", *RECURRENT)
#: Kinds of which nobody but their own file knows what they do.
BLACK_BOXES = ("opaque", "foreign")

#: Why a tool does not count a kind.
NO_RULE = "no rule for it"


class Step(msgspec.Struct, frozen=True, gc=False):
    """One difference: what it is, in which kinds, how many operations for one layer, and the reason.

    `count` is a formula over the names of `terms.py`, in the tool's own unit; negative where the tool counts less.
    """

    what: str
    kinds: tuple[str, ...]
    count: str
    why: str = ""
    where: str = ""
    """A condition; where the rest is unknown, so is a layer of these kinds that does not fulfil it."""


class Convention(msgspec.Struct, frozen=True):
    """How one tool counts. Its figure is `unit` x MACs plus the steps; its params are ours plus `params`."""

    name: str
    title: str
    version: str
    """The version whose source was read; a tool may count otherwise tomorrow."""
    word: str
    """What the tool calls its figure; "" where it has none."""
    unit: int
    """What one multiply-accumulate counts."""
    source: str
    """The file, or the page, that says so."""
    steps: tuple[Step, ...]
    params: tuple[Step, ...] = ()
    rest: Literal["nothing", "unknown"] = "nothing"
    """What a kind without a step counts, when it is no MAC kind."""
    covers: tuple[str, ...] = ()
    """Kinds that are known to count as they are, where the rest is unknown."""
    remarks: tuple[str, ...] = ()
    """Known defects, and what else the figure depends on."""
