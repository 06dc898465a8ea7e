"""Which layers a network state keeps: phase, level and stages against the layers' include and exclude rules.

Source: BVLC caffe src/caffe/net.cpp, FilterNet and StateMeetsRule
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnnshape.readers.caffe.fields import Fields

PHASES = ("TRAIN", "TEST")
#: What `--set` may say.
SETTINGS = ("phase", "level", "stage")


class State(NamedTuple):
    """What a network is built for."""

    phase: str = "TEST"
    level: int = 0
    stages: frozenset[str] = frozenset()


def stated(net: Fields, sets: Mapping[str, str]) -> State:
    """The user's state, else the file's own, else TEST."""
    own = net.sub("state")
    stages = [text for text, _ in own.texts("stage")]
    if "stage" in sets:
        stages = [word for word in sets["stage"].split(",") if word]
    level = sets.get("level", "")
    return State(
        sets["phase"].upper() if "phase" in sets else own.word("phase", "TEST", PHASES),
        int(level) if level.lstrip("-").isdecimal() and len(level) < 10 else own.integer("level", 0, -(2**31)),
        frozenset(stages),
    )


def kept(layer: Fields, state: State) -> bool:
    """Whether a layer is in the network: by one of its include rules, or by none of its exclude rules."""
    rules = layer.subs("include", "rule")
    if rules:
        return any(_meets(rule, state) for rule in rules)
    return not any(_meets(rule, state) for rule in layer.subs("exclude", "rule"))


def _meets(rule: Fields, state: State) -> bool:
    """Whether a state is what a rule asks for."""
    if rule.has("phase") and rule.word("phase", "", PHASES) != state.phase:
        return False
    if state.level < rule.integer("min_level", state.level, -(2**31)):
        return False
    if state.level > rule.integer("max_level", state.level, -(2**31)):
        return False
    wanted = {text for text, _ in rule.texts("stage")}
    unwanted = {text for text, _ in rule.texts("not_stage")}
    return wanted <= state.stages and not unwanted & state.stages
