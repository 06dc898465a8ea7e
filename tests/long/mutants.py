"""Mutation testing: the code is made wrong in one place, and some test must see it.

    python tests/long/mutants.py cnnshape/geometry cnnshape/layers cnnshape/calculate.py [--every 10 --first 3]

Each mutant runs in a fork of a process that has the libraries loaded and the package not; tests run from the fastest to
the slowest until one fails. `--every 10 --first 3` takes the fourth and each tenth after it, evenly over the files. A tool of its own: mutmut and
cosmic-ray start an interpreter, or copy the tree, for each mutant, and put attributes into classes that msgspec then
takes for fields. Messages, what they propose, docstrings and annotations are left alone.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.machinery
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST = (
    "tests/layers/test_attention.py",
    "tests/layers/test_dialects.py",
    "tests/layers/test_formulas.py",
    "tests/layers/test_errors.py",
)
LATER = (
    "tests/laws/test_geometry.py",
    "tests/laws/test_layers.py",
    "tests/test_calculate.py",
    "tests/laws/test_work.py",
)
LAST = ("tests/laws/test_receptive_field.py", "tests/layers/test_against_onnx.py", "tests/test_liveness.py")
LAST += ("tests/test_strides.py", "tests/test_zoo.py", "tests/test_explain.py")
LIMIT = 240

SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def places(tree):
    """Every node that can be made wrong, outside of messages, annotations and docstrings."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Raise, ast.JoinedStr)):
            continue
        if _changed(node) is not None:
            yield node
        for name, value in ast.iter_fields(node):
            if name not in (
                "annotation",
                "returns",
                "decorator_list",
                "keywords" if isinstance(node, ast.ClassDef) else "",
            ):
                stack += [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, ast.AST)]


def _changed(node):
    """The node made wrong; None where there is nothing to change."""
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in SWAPS:
            return _with(node, op=SWAPS[type(op)]())
        case ast.Compare(ops=[op, *rest]):
            return _with(node, ops=[SWAPS[type(op)](), *rest])
        case ast.Constant(value=bool() as value):
            return _with(node, value=not value)
        case ast.Constant(value=int() | float() as value):
            return _with(node, value=value + 1)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            return operand
        case ast.IfExp(body=body, orelse=orelse):
            return _with(node, body=orelse, orelse=body)
        case ast.Return(value=ast.Call() | ast.Name()):
            return _with(node, value=ast.Constant(None))
        case ast.Continue():
            return ast.Break()
    return None


def _with(node, **fields):
    found = copy.copy(node)
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def mutants(path):
    """(line, what it was, what it is, code) of every mutant of a file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for node in list(places(tree)):
        before, new = ast.unparse(node), _changed(node)
        whole = _Replace(node, new).visit(copy.deepcopy(tree, {id(node): node}))
        yield node.lineno, before, ast.unparse(new), compile(ast.fix_missing_locations(whole), str(path), "exec")


class _Replace(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, ast.copy_location(new, old)

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def killed(path, code):
    """Whether a test fails on the mutant, in a fork; too slow counts as a failure."""
    pid = os.fork()
    if not pid:
        _child(path, code)
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def _child(path, code):
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    real = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, name):
        return code if code is not None and Path(self.path) == path else real(self, name)

    importlib.machinery.SourceFileLoader.get_code = get_code
    status = 1
    try:
        import pytest

        # Rewritten asserts would mean that pytest reads the file itself, and so the code that is right.
        base = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts="]
        status = pytest.main([*base, "--doctest-modules", str(path), *FIRST, *LATER, *LAST])
    finally:
        os._exit(int(status) and 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long, and say how many ran")
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import _pytest.doctest
    import hypothesis.extra.numpy
    import numpy as np
    import onnx
    import onnxruntime

    del _pytest.doctest, hypothesis.extra.numpy, np, onnx, onnxruntime
    files = [f.resolve() for p in given.paths for f in (sorted(p.rglob("*.py")) if p.is_dir() else [p])]
    # A test that is not there would fail on everything, and every mutant would count as killed.
    if missing := [name for name in (*FIRST, *LATER, *LAST) if not (ROOT / name).exists()]:
        sys.exit(f"no such tests: {', '.join(missing)}")
    every = [(path, *mutant) for path in files for mutant in mutants(path)]
    taken, start = every[given.first :: given.every], time.monotonic()
    count, survivors = Counter(), 0
    for path, line, before, after, code in taken:
        if time.monotonic() - start > given.seconds:
            break
        count[path.parent.name] += 1
        if not killed(path, code):
            survivors += 1
            sys.stdout.write(f"{path.relative_to(ROOT)}:{line}: {before}  ->  {after}\n")
            sys.stdout.flush()
    if not survivors and killed(files[0], None):  # a survivor shows that the tests pass
        sys.exit("the tests fail on the code as it is")
    ran = count.total()
    sys.stdout.write(f"{ran} of {len(every)} mutants: {ran - survivors} killed, {survivors} left; {dict(count)}\n")


if __name__ == "__main__":
    main()
