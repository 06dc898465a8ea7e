"""The kernels share nothing with what they check: no import of it, no call of a layer's own facts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cnnshape.forward
from cnnshape.layers import BY_NAME, FAMILIES

FILES = sorted(Path(cnnshape.forward.__file__).parent.glob("*.py"))
BOUND = {"geometry", "calculate", "report", "trace", "totals", "facts", "liveness", "explain", "promises", "shape"}
#: What the kinds state about themselves, and no kind has as a field.
FACTS = {
    name
    for kind in BY_NAME.values()
    for base in kind.__mro__
    for name, value in vars(base).items()
    if callable(value) or isinstance(value, property)
} - {field for kind in BY_NAME.values() for field in kind.__struct_fields__}
KERNELS = {*FAMILIES, "reference", "transposed", "depthwise", "sliding", "slabs", "kit", "weights", "erf", "winograd"}


def objections(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = []
        found += [f"imports {name}" for name in names if name.startswith("cnnshape.") and name.split(".")[1] in BOUND]
        found += [f"imports {name}" for name in names if name.startswith("cnnshape.layers.") and "FAMILIES" not in name]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "layer":
            if node.attr in FACTS:
                found.append(f"asks layer.{node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "layer":
                found.append(f"calls layer.{node.func.attr}()")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            if node.args and isinstance(node.args[0], ast.Name) and node.args[0].id == "layer":
                found.append("reads a layer by getattr")
    return found


@pytest.mark.parametrize("path", [path for path in FILES if path.stem in KERNELS], ids=lambda path: path.stem)
def test_a_kernel_reads_fields_and_arrays_alone(path) -> None:
    assert objections(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "from cnnshape.geometry.window import Window",
        "from cnnshape import calculate",
        "import cnnshape.report",
        "from cnnshape.layers.conv import Conv",
        "y = kit.empty(*layer.out(x))",
        "n = layer.windows",
        "d = layer.directions",
        "f = getattr(layer, 'out')",
    ],
)
def test_the_check_would_object(source) -> None:
    assert objections(source)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_here_imports_what_it_checks(path) -> None:
    assert not [text for text in objections(path.read_text()) if text.startswith("imports")]


def test_every_family_has_its_file() -> None:
    assert set(FAMILIES) <= {path.stem for path in FILES}
    for family, kinds in FAMILIES.items():
        found = __import__(f"cnnshape.forward.{family}", fromlist=["KERNELS"]).KERNELS
        assert set(found) == set(kinds) - {"opaque", "foreign"}
