"""The front door for Python: load a model, analyse it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cnnshape import bundled
from cnnshape import report as reports
from cnnshape.calculate import calculate
from cnnshape.errors import ModelError, Place, Problem, one_of, printable, quoted
from cnnshape.errors import usage as usage  # noqa: PLC0414 - the commands call it here
from cnnshape.network import Network
from cnnshape.report import DTYPES, Report
from cnnshape.spec import load as load_spec
from cnnshape.spec.source import MAX_BYTES, Document, parse, placed
from cnnshape.text import decoded

if TYPE_CHECKING:
    from cnnshape.readers.file import File

#: MODULE:NAME, an object that Python code makes.
_OBJECT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def _table(report: Report) -> str:
    """The table, when a notebook asks for it."""
    from cnnshape.render import html

    return html(report)


reports.in_a_notebook = _table

#: Shapes of inputs: one for the only input, or several by name.
Inputs = tuple[int, ...] | list[int] | dict[str, tuple[int, ...]] | str | None


def zoo_names() -> list[str]:
    """The bundled networks."""
    return bundled.names()


def zoo_text(name: str) -> str:
    """A bundled network's spec; ModelError for an unknown name."""
    return bundled.text(name)


class Opened(NamedTuple):
    """A model that was read: its network, and what was found wrong with it on the way."""

    network: Network
    problems: list[Problem]
    text: Document | None = None
    """Its text, where it is written in our own language."""
    file: File | None = None
    """The file, where it is another tool's."""


def load(source: str | Path, **options: Any) -> Network:
    """A network from a path, "-" (standard input) or "zoo:NAME", without its shapes; options as of `analyze`.

    Errors: ModelError with every problem of the file
    """
    options["inputs"] = options.pop("input", None)
    found = opened(source, **options)
    if found.problems:
        raise ModelError(found.problems)
    return found.network


def analyze(
    source: str | Path | File,
    *,
    batch: int | None = None,
    dtype: str = "float32",
    input: Inputs = None,  # noqa: A002 - the spec's own word
    sets: dict[str, str] | None = None,
    form: str = "",
    strict: bool = False,
    import_python: bool = False,
) -> Report:
    """Every number of a model: a spec, or an ONNX, Keras, Caffe, Darknet or torch.export file.

    `batch` is what the file states, else 1. `form` is one of readers.FORMATS, where the content does not tell it.
    `strict` makes an unknown operator an error. `import_python` allows "MODULE:NAME", which runs the user's code.

    Shape:  input overrides the file's input, without the batch: "3x256x256" or (3, 256, 256)
    Errors: ModelError with every problem, each with its place and fix
    """
    return analyze_network(
        source,
        batch=batch,
        dtype=dtype,
        input=input,
        sets=sets,
        form=form,
        strict=strict,
        import_python=import_python,
    )[1]


def analyze_network(
    source: str | Path | File, *, batch: int | None = None, dtype: str = "float32", **options: Any
) -> tuple[Network, Report]:
    """The network beside its report; options as of `analyze`."""
    return analyzed(source, batch=batch, dtype=dtype, **options)[:2]


def analyzed(
    source: str | Path | File, *, batch: int | None = None, dtype: str = "float32", **options: Any
) -> tuple[Network, Report, Document | None]:
    """The network, its report, and its text where it is written in our own language; options as of `analyze`."""
    held(batch, dtype)
    options["inputs"] = options.pop("input", None)
    found = opened(source, batch=batch, **options)
    return (*reported(found, batch, dtype), found.text)


def opened(
    source: str | Path | File,
    *,
    batch: int | None = None,
    inputs: Inputs = None,
    sets: dict[str, str] | None = None,
    form: str = "",
    strict: bool = False,
    import_python: bool = False,
) -> Opened:
    """A model in any format. Errors: ModelError when nothing can be made of it."""
    if form:
        from cnnshape.readers import FORMATS

        one_of(form, FORMATS, "format")
    if isinstance(source, (str, Path)):
        name = str(source)
        if name.startswith("zoo:"):
            return _own(document(name), sets, inputs)
        if _OBJECT.fullmatch(name) and not Path(name).exists():
            return _python(name, import_python, batch, inputs)
        file = _file(name)
    else:
        file = source
    if not form:
        from cnnshape.readers.detect import told

        form = told(file)
    if form == "cnnshape":
        return _own(parse(decoded(file.data(), file.name, MAX_BYTES), file.name), sets, inputs)
    from cnnshape.readers import Options, read

    return Opened(*read(file, form, Options(named_inputs(inputs), batch, sets or {}, strict)), file=file)


def _file(name: str) -> File:
    """A path, "-", or a file of a commit."""
    if name.startswith("git:"):
        from cnnshape.readers.git import committed

        return committed(name)
    from cnnshape.readers.file import File

    return File(name)


def _python(name: str, allowed: bool, batch: int | None, inputs: Inputs) -> Opened:
    """A model that Python code makes."""
    if not allowed:
        raise usage(f"{quoted(name)} is Python code, which is not run unasked", "--import-python, if you trust it")
    from cnnshape.readers import Options
    from cnnshape.readers.torch.live import read

    return Opened(*read(name, Options(named_inputs(inputs), batch)))


def from_torch(
    module: Any, input_shape: Inputs, *, batch: int = 1, dtype: str = "float32", strict: bool = False
) -> Report:
    """Every number of a torch.nn.Module, by torch.export: no forward pass, and the module stays as it is.

    Shape:  input_shape without the batch, (3, 224, 224) or "3x224x224"; {"name": shape} for several, by argument
    Errors: ModelError CNN-E703 without torch, CNN-E701 when torch.export cannot follow the module
    """
    return from_torch_network(module, input_shape, batch=batch, dtype=dtype, strict=strict)[1]


def from_torch_network(
    module: Any, input_shape: Inputs, *, batch: int = 1, dtype: str = "float32", strict: bool = False
) -> tuple[Network, Report]:
    """The network beside its report; options as of `from_torch`."""
    held(batch, dtype)
    from cnnshape.readers import Options
    from cnnshape.readers.torch.live import exported

    name = type(module).__name__
    options = Options(named_inputs(input_shape), batch, {}, strict)
    return reported(Opened(*exported(module, options, name, name)), batch, dtype)


def analyze_text(text: str, **options: Any) -> Report:
    """Every number of a model that is written in a string; options as of `analyze`."""
    return analyze_document(parse(text), **{"inputs": options.pop("input", None), **options})[1]


def analyze_data(data: dict[str, Any], **options: Any) -> Report:
    """Every number of a model that is a dictionary already; options as of `analyze`."""
    return analyze_data_network(data, **options)[1]


def analyze_data_network(data: dict[str, Any], **options: Any) -> tuple[Network, Report]:
    """The network of a dictionary beside its report."""
    text = Document(placed(data), "", "<data>")
    return analyze_document(text, **{"inputs": options.pop("input", None), **options})


def document(source: str) -> Document:
    """The parsed text of "zoo:NAME"."""
    return parse(bundled.text(source[4:]), source)


def analyze_document(
    text: Document,
    *,
    batch: int | None = None,
    dtype: str = "float32",
    inputs: Inputs = None,
    sets: dict[str, str] | None = None,
) -> tuple[Network, Report]:
    """The network and every number of a parsed text; problems of the text and of the shapes come together."""
    held(batch, dtype)
    return reported(_own(text, sets, inputs), batch, dtype)


def held(batch: int | None, dtype: str) -> None:
    """Refuse what no model can be analysed with."""
    if batch is not None and (isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch < 2**31):
        raise usage(f"the batch must be a positive integer up to 2,147,483,647, not {batch}")
    one_of(dtype, DTYPES, "dtype")


def reported(found: Opened, batch: int | None, dtype: str) -> tuple[Network, Report]:
    """The report of what was opened; problems of the file and of the shapes come together."""
    network = found.network
    try:
        report = calculate(network, batch or network.batch, dtype)
    except ModelError as error:
        problems = [*found.problems, *blamed(found, error.problems)]
        raise ModelError(problems or [unexplained(network)]) from None
    if found.problems:
        raise ModelError(found.problems)
    return network, report


def unexplained(network: Network) -> Problem:
    """A layer that a reader left empty without putting a problem on record, which no reader may do."""
    node = next(node for node in network.nodes if node.layer is None)
    message = f"{quoted(node.name)} was left without a layer, and no reason is on record: this is a fault of cnnshape"
    place = Place(network.source, node.line, node.column, node.name)
    return Problem("CNN-E801", message, place, fix=f"report it, with this {network.format} file")


def blamed(found: Opened, problems: tuple[Problem, ...]) -> list[Problem]:
    """The problems of shapes, each with its source line, at the value that is to blame where that is known."""
    if found.text is not None:
        from cnnshape.spec.blame import blamed as placed

        return placed(found.text, problems)
    if found.file is None or not any(problem.place.line for problem in problems):
        return list(problems)
    lines = found.file.text().split("\n")
    return [p._replace(source_line=lines[p.place.line - 1]) if 0 < p.place.line <= len(lines) else p for p in problems]


def _own(text: Document, sets: dict[str, str] | None, inputs: Inputs) -> Opened:
    """A spec of our own."""
    network, problems = load_spec(text, sets, named_inputs(inputs))
    if not network.name:
        stem = text.file.removeprefix("zoo:") if text.file.startswith("zoo:") else Path(text.file).stem
        network.name = printable(stem)
    return Opened(network, problems, text)


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
