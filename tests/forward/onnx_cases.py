"""The node tests of ONNX itself, run through the kernels: what they expect was made by ONNX's reference, not by us.

The package `onnx` carries their inputs and expected outputs as code. Cases of operators that no layer kind states are
not counted; of the others each passes, or has a reason why no layer states what it asks for.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from onnx_case_maps import MAPS

from cnnshape.forward import kernel, norm
from cnnshape.forward.kit import Kit
from cnnshape.forward.weights import Weights

FLOATS = ("float32", "float64")
#: Operators that only move or pick numbers: other types are run as doubles, which hold all of theirs.
EXACT = ("Pad", "Max", "Min", "MaxPool", "Clip")


class Outcome(NamedTuple):
    """What became of one case: the reason why it does not apply, or "" and whether it passed."""

    op: str
    name: str
    reason: str
    passed: bool
    told: str = ""


@cache
def cases() -> list[Any]:
    """Every case of one node whose operator some kind covers."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    return [case for case in found if _node(case) is not None]


def _node(case: Any) -> Any:
    """The lone node; None for an operator of another kind, or for a case written out in other operators."""
    nodes = case.model.graph.node
    if len(nodes) != 1 or nodes[0].domain or nodes[0].op_type not in MAPS or "_expanded" in case.name:
        return None
    return nodes[0]


@cache
def outcomes() -> list[Outcome]:
    """Every case, run."""
    return [run(case) for case in cases()]


def run(case: Any) -> Outcome:
    """Map the node, run the kernels, compare."""
    from onnx import helper

    node = _node(case)
    op = node.op_type
    given, wanted = case.data_sets[0]
    names = [i.name for i in case.model.graph.input]
    by_name = dict(zip(names, given, strict=True))
    # Inputs may be left out in the middle, and outputs too: the name is empty then.
    xs = [by_name[name] if name else None for name in node.input]
    if op in EXACT:
        xs, wanted = ([as_double(a, wanted[0].dtype) for a in arrays] for arrays in (xs, wanted))
    if reason := strange(xs, wanted):
        return Outcome(op, case.name, reason, passed=False)
    attributes = {a.name: plain(helper.get_attribute_value(a)) for a in node.attribute}
    ys = [np.asarray(y) for y in wanted]
    plan = MAPS[op](attributes, xs, ys)
    if isinstance(plan, str):
        return Outcome(op, case.name, plan, passed=False)
    told = compare(computed(plan), ys[:1] if op != "Split" else ys)
    return Outcome(op, case.name, "", passed=not told, told=told)


def as_double(array: Any, dtype: Any) -> Any:
    """The data of a case as doubles where a layer does not compute in its type; sizes and axes stay as they are."""
    return array if array is None or array.dtype != dtype or str(dtype) in FLOATS else array.astype("float64")


def strange(xs: list[Any], ys: list[Any]) -> str:
    """Why these are no arrays that a layer computes with."""
    arrays = [x for x in xs if x is not None]
    if not all(isinstance(a, (np.ndarray, np.generic)) for a in [*arrays, *ys]):
        return "sequences or optional values"
    dtype = str(np.asarray(ys[0]).dtype)
    if dtype not in FLOATS or str(arrays[0].dtype) not in FLOATS:
        return f"dtype {dtype if dtype not in FLOATS else arrays[0].dtype}"
    return ""


def plain(value: Any) -> Any:
    """An attribute as Python has it."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def computed(plan: Any) -> Any:
    """The kernels of a plan, one behind the other."""
    arrays = [np.asarray(x) for x in plan.inputs]
    weights = Weights(0, str(arrays[0].dtype))
    weights.known.update({("it", name): np.asarray(array) for name, array in plan.weights.items()})
    for layer in plan.layers:
        kit = Kit(weights, "it")
        with eps(plan.eps):
            found = kernel(layer.kind)(layer, kit, *arrays)
        arrays = [found]
        unknown = {name for name in [*kit.used, *kit.kept] if ("it", name) not in weights.known}
        assert not unknown, f"the map gives no {unknown}"
    return plan.unboxed(arrays[0])


@contextmanager
def eps(value: float | None) -> Iterator[None]:
    """The constants of the norm kernels, for one case."""
    if value is None:
        yield
        return
    with patch.object(norm, "_EPS", value), patch.object(norm, "_type_eps", lambda _: value):
        yield


def compare(found: Any, wanted: list[Any]) -> str:
    """ "" when all is equal, else what differs."""
    arrays = found if isinstance(found, tuple) else (found,)
    for ours, theirs in zip(arrays, wanted, strict=True):
        if ours.shape != theirs.shape:
            return f"shape {ours.shape}, not {theirs.shape}"
        # Some expectations were written by hand, with four digits.
        atol = 6e-5 if np.array_equal(theirs, theirs.round(4)) else 1e-5
        if not np.allclose(ours, theirs, rtol=1e-4, atol=atol, equal_nan=True):
            return f"off by {np.abs(ours - theirs).max():g}"
    return ""
