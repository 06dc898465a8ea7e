"""The ways in which code is made wrong: one operator, one constant, one condition, one result at a time.

Messages, what they propose, docstrings and annotations are left alone.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field

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
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Mutant:
    """One change of one file, and where it stands."""

    path: str  # below the root, with slashes
    line: int
    text: str  # the line as it stands, stripped: it names the place when lines move
    before: str
    after: str
    scope: tuple[str, ...]  # the classes and the function around it
    inside: bool  # of a function's body: its code can be put in place of the old
    span: tuple[int, int]  # the lines of the statement, or of its head
    number: int = field(repr=False)  # among the places of its file

    @property
    def change(self):
        """What it was and what it is."""
        return f"{self.before}  ->  {self.after}"

    @property
    def key(self):
        """What says which mutant this is, wherever its line has moved."""
        return self.path, self.text, self.change


def changed(node):
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


def _places(node, scope, inside, span):
    """(the node that holds it, under which name, at which index, the node, scope, inside, span), in the text's order."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list") or (
            isinstance(node, ast.ClassDef) and name == "keywords"
        ):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or isinstance(child, (ast.Raise, ast.JoinedStr)):
                continue
            around, within, lines = scope, inside, span
            if not inside and isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
                around = (*scope, child.name)
            if isinstance(node, _FUNCTIONS) and name == "body":
                within = True
            if isinstance(child, ast.stmt):
                head = getattr(child, "body", None)
                last = max(child.lineno, head[0].lineno - 1) if head else child.end_lineno
                lines = (child.lineno, last)
            if changed(child) is not None:
                yield node, name, index, child, around, within, lines
            yield from _places(child, around, within, lines)


def mutants(path, source):
    """Every mutant of a file."""
    lines = source.splitlines()
    found = []
    for number, (*_, node, scope, inside, span) in enumerate(_places(ast.parse(source), (), False, (1, 1))):
        text = lines[node.lineno - 1].strip()
        before, after = ast.unparse(node), ast.unparse(changed(node))
        found.append(Mutant(path, node.lineno, text, before, after, scope, inside, span, number))
    return found


def wrong(mutant, source):
    """The whole file's tree with the one change in it."""
    tree = ast.parse(source)
    for number, (holder, name, index, node, *_) in enumerate(_places(tree, (), False, (1, 1))):
        if number == mutant.number:
            new = ast.copy_location(changed(node), node)
            if index is None:
                setattr(holder, name, new)
            else:
                getattr(holder, name)[index] = new
            return ast.fix_missing_locations(tree)
    raise LookupError(mutant)
