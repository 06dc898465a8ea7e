"""The front door for Python: load a model, analyse it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cnnshape import report as reports
from cnnshape.calculate import calculate
from cnnshape.errors import ModelError, Place, Problem, did_you_mean, printable, quoted
from cnnshape.network import Network
from cnnshape.report import DTYPES, Report
from cnnshape.spec import load as load_spec
from cnnshape.spec.source import Document, Map, Seq, parse, read

ZOO = Path(__file__).parent / "zoo"


def _table(report: Report) -> str:
    """The table, when a notebook asks for it."""
    from cnnshape.render import html

    return html(report)


reports.in_a_notebook = _table

#: Shapes of inputs: one for the only input, or several by name.
Inputs = tuple[int, ...] | list[int] | dict[str, tuple[int, ...]] | str | None


def zoo_names() -> list[str]:
    """The bundled networks."""
    return sorted(path.stem for path in ZOO.glob("*.yaml"))


def zoo_path(name: str) -> Path:
    """Where a bundled network's spec stands; ModelError for an unknown name."""
    path = ZOO / f"{name}.yaml"
    if "/" in name or not path.is_file():
        known = zoo_names()
        fix = did_you_mean(name, known) or f"one of {', '.join(known)}"
        raise ModelError([Problem("CNN-E101", f"the zoo has no {quoted(name)}", Place(f"zoo:{name}"[:80]), fix=fix)])
    return path


def load(source: str | Path, *, sets: dict[str, str] | None = None, inputs: Inputs = None) -> Network:
    """A network from a path, "-" (standard input) or "zoo:NAME", without its shapes.

    Errors: ModelError with every problem of the text
    """
    network, problems = _read(document(str(source)), sets, inputs)
    if problems:
        raise ModelError(problems)
    return network


def analyze(
    source: str | Path,
    *,
    batch: int = 1,
    dtype: str = "float32",
    input: Inputs = None,  # noqa: A002 - the spec's own word
    sets: dict[str, str] | None = None,
) -> Report:
    """Every number of a model.

    Shape:  input overrides the spec's input, without the batch: "3x256x256" or (3, 256, 256)
    Errors: ModelError with every problem, each with its place and fix
    """
    return analyze_document(document(str(source)), batch=batch, dtype=dtype, inputs=input, sets=sets)[1]


def analyze_network(source: str | Path, **options: Any) -> tuple[Network, Report]:
    """The network beside its report; options as of `analyze`."""
    return analyze_document(document(str(source)), **{"inputs": options.pop("input", None), **options})


def analyze_text(text: str, **options: Any) -> Report:
    """Every number of a model that is written in a string; options as of `analyze`."""
    return analyze_document(parse(text), **{"inputs": options.pop("input", None), **options})[1]


def analyze_data(data: dict[str, Any], **options: Any) -> Report:
    """Every number of a model that is a dictionary already; options as of `analyze`."""
    return analyze_data_network(data, **options)[1]


def analyze_data_network(data: dict[str, Any], **options: Any) -> tuple[Network, Report]:
    """The network of a dictionary beside its report."""
    text = Document(_placed(data), "", "<data>")
    return analyze_document(text, **{"inputs": options.pop("input", None), **options})


def _placed(value: Any) -> Any:
    """Plain data as the spec's own containers, without places."""
    if isinstance(value, dict):
        box = Map()
        box.update({str(key): _placed(item) for key, item in value.items()})
        return box
    if isinstance(value, (list, tuple)):
        row = Seq()
        row.extend(_placed(item) for item in value)
        return row
    return value


def document(source: str) -> Document:
    """The parsed text of a path, "-" or "zoo:NAME"."""
    if source.startswith("zoo:"):
        text = zoo_path(source[4:]).read_text(encoding="utf-8")
        return parse(text, source)
    return parse(read(source), "<stdin>" if source == "-" else source)


def analyze_document(
    text: Document,
    *,
    batch: int = 1,
    dtype: str = "float32",
    inputs: Inputs = None,
    sets: dict[str, str] | None = None,
) -> tuple[Network, Report]:
    """The network and every number of a parsed text; problems of the text and of the shapes come together."""
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch < 2**31:
        raise usage(f"the batch must be a positive integer, not {batch}")
    if dtype not in DTYPES:
        raise usage(f"unknown dtype {dtype}", did_you_mean(dtype, tuple(DTYPES)) or f"one of {', '.join(DTYPES)}")
    network, problems = _read(text, sets, inputs)
    try:
        report = calculate(network, batch, dtype)
    except ModelError as error:
        from cnnshape.spec.blame import blamed

        problems = [*problems, *blamed(text, error.problems)]
    if problems:
        raise ModelError(problems)
    return network, report


def usage(message: str, fix: str = "") -> ModelError:
    """An error of the call itself."""
    return ModelError([Problem("CNN-E701", message, Place("cnnshape"), fix=fix)])


def _read(text: Document, sets: dict[str, str] | None, inputs: Inputs) -> tuple[Network, list[Problem]]:
    network, problems = load_spec(text, sets, named_inputs(inputs))
    if not network.name:
        stem = text.file.removeprefix("zoo:") if text.file.startswith("zoo:") else Path(text.file).stem
        network.name = printable(stem)
    return network, problems


def named_inputs(inputs: Inputs) -> dict[str, tuple[int, ...]]:
    """Input shapes by name; "" is the first."""
    from cnnshape.spec.fields import Fault
    from cnnshape.spec.shapes import shape_of

    if inputs is None:
        return {}
    pairs: dict[str, Any] = dict(inputs) if isinstance(inputs, dict) else {"": inputs}
    try:
        return {name: shape_of(shape, None) for name, shape in pairs.items()}
    except Fault as fault:
        raise usage(f"--input: {fault}", fault.fix) from None
