"""Recall: networks with one seeded fault each, and the rule that must find it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cnnshape import api
from cnnshape.lint import lint
from cnnshape.lint.registry import RULES
from cnnshape.lint.settings import OPTIONS, Settings
from cnnshape.spec.source import parse

FAULTS = [
    (f"{path.stem}-{number}-{fault['rule']}", fault)
    for path in sorted((Path(__file__).parent / "faults").glob("*.yaml"))
    for number, fault in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")))
]
KEYS = ("rule", "good", "replace", "text", "options")


def text_of(fault) -> str:
    """The spec of a fault: its own, or a good network's with a piece exchanged."""
    if "text" in fault:
        return fault["text"]
    if "good" in fault:
        old, new = fault["replace"]
        good = (Path(__file__).parent / "good" / f"{fault['good']}.yaml").read_text(encoding="utf-8")
        assert old in good
        # What the good network promises need not hold any more; it is no part of the fault.
        return good.replace(old, new)
    return yaml.safe_dump({key: value for key, value in fault.items() if key not in KEYS}, sort_keys=False)


def found_in(fault) -> set[tuple[str, str, str]]:
    """(rule, severity, layer) of every finding."""
    document = parse(text_of(fault))
    network, report = api.analyze_document(document)
    settings = Settings(severity="info", options={**OPTIONS, **fault.get("options", {})})
    return {(one.rule, one.severity, one.layer) for one in lint(network, report, document, settings)}


def of_rule(fault) -> set[tuple[str, str, str]]:
    return {one for one in found_in(fault) if one[0] == fault["rule"]}


@pytest.fixture(scope="module")
def outcome() -> dict[str, bool]:
    return {name: bool(of_rule(fault)) for name, fault in FAULTS}


def test_there_are_at_least_120_faults_and_every_rule_has_one() -> None:
    assert len(FAULTS) >= 120
    assert len({yaml.safe_dump(fault) for _, fault in FAULTS}) == len(FAULTS)
    assert {fault["rule"] for _, fault in FAULTS} == set(RULES.values())


def test_at_least_95_percent_of_the_faults_are_found_by_the_right_rule(outcome) -> None:
    missed = [name for name, found in outcome.items() if not found]
    rate = 1 - len(missed) / len(outcome)
    assert rate >= 0.95, f"{rate:.1%}; missed: {missed}"


def test_it_is_the_fault_that_is_found() -> None:
    # A rule that always speaks would find every fault.
    for name, fault in FAULTS:
        if "good" in fault and not fault.get("options"):
            assert not of_rule(fault) <= of_rule({**fault, "replace": ["", ""]}), name
