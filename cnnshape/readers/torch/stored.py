"""The JSON of a .pt2 archive -> Program. Source: torch/_export/serde/schema.py, versions 1 to 8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.readers.torch.archive import Archive
from cnnshape.readers.torch.program import Call, Entry, Meta, Program, Ref, Sym, stack_of

if TYPE_CHECKING:
    from cnnshape.readers.file import File


class _Place(msgspec.Struct, frozen=True, gc=False):
    nn_module_stack: str = ""


class _Argument(msgspec.Struct, gc=False):
    name: str
    arg: dict[str, Any]


class _Node(msgspec.Struct, gc=False):
    target: str
    inputs: list[_Argument]
    outputs: list[dict[str, Any]]
    metadata: _Place = _Place()


class _Tensor(msgspec.Struct, gc=False):
    sizes: list[dict[str, Any]]
    requires_grad: bool = False


class _Graph(msgspec.Struct):
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    nodes: list[msgspec.Raw]
    tensor_values: dict[str, msgspec.Raw]
    sym_int_values: dict[str, msgspec.Raw] = {}


class _Signature(msgspec.Struct):
    input_specs: list[dict[str, Any]]
    output_specs: list[dict[str, Any]] = []


class _Module(msgspec.Struct):
    graph: _Graph
    signature: _Signature


class _File(msgspec.Struct):
    graph_module: _Module


class _Weights(msgspec.Struct):
    config: dict[str, dict[str, Any]] = {}


_FILE = msgspec.json.Decoder(_File)
_NODE = msgspec.json.Decoder(_Node)
_TENSOR = msgspec.json.Decoder(_Tensor)
#: What decoding raises for text that is no JSON, is of another form, or is nested too deep.
_ERRORS = (msgspec.DecodeError, RecursionError, ValueError, KeyError, TypeError, AttributeError, StopIteration)


def program(file: File) -> Program:
    """The exported program of an archive.

    Errors: ModelError CNN-E106 for a broken one, CNN-E107 for what would run code
    """
    archive = Archive(file)
    name = archive.graphs()[0]
    try:
        held = _FILE.decode(archive.member(name)).graph_module
        graph = held.graph
        entries = _entries(held.signature.input_specs, _arrays(archive))
        outputs = [one for one in map(_output, held.signature.output_specs) if one]
    except _ERRORS as error:
        raise archive.broken(f"{name} is no graph of torch.export: {_told(error)}") from None

    def calls() -> Iterator[Call]:
        for number, raw in enumerate(graph.nodes):
            try:
                yield _call(_NODE.decode(raw))
            except _ERRORS as error:
                raise archive.broken(f"node {number} of {name}: {_told(error)}") from None

    def meta(tensor: str) -> Meta:
        raw = graph.tensor_values.get(tensor)
        try:
            return Meta() if raw is None else _meta(_TENSOR.decode(raw))
        except _ERRORS as error:
            raise archive.broken(f"tensor {tensor[:80]} of {name}: {_told(error)}") from None

    def hint(symbol: str) -> int | None:
        raw = graph.sym_int_values.get(symbol)
        try:
            return None if raw is None else _size(msgspec.json.decode(raw))
        except _ERRORS:
            return None

    return Program("", entries, outputs, calls(), meta, hint)


def _told(error: BaseException) -> str:
    """What is wrong, in a line."""
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:120] or type(error).__name__


def _arrays(archive: Archive) -> dict[str, str]:
    """Which file holds each weight: two names of one file are one array."""
    name = next((n for n in archive.found if n.endswith("model_weights_config.json")), None)
    if name is None:
        return {}
    config = msgspec.json.decode(archive.member(name), type=_Weights).config
    paths = {key: str(value.get("path_name", key)) for key, value in config.items()}
    return {key: path for key, path in paths.items() if path not in archive.hollow}


def _entries(specs: list[dict[str, Any]], arrays: dict[str, str]) -> list[Entry]:
    """The inputs of the graph, by its signature."""
    found = []
    for spec in specs:
        kind, what = next(iter(spec.items()))
        arg = what.get("arg", {}) if isinstance(what, dict) else {}
        if kind == "user_input":
            if "as_tensor" in arg:
                name = _name(arg["as_tensor"])
                found.append(Entry("user", name, name))
        elif kind in ("parameter", "buffer", "tensor_constant"):
            target = _text(what[f"{kind}_name"])
            found.append(Entry(kind, _name(arg), target, arrays.get(target, target)))
    return found


def _output(spec: dict[str, Any]) -> str:
    """The name of an output that the user gets; "" for others (a buffer that changes)."""
    what = spec.get("user_output", {}).get("arg", {})
    return _name(what["as_tensor"]) if "as_tensor" in what else ""


def _call(node: _Node) -> Call:
    """One node."""
    outputs: list[str] = []
    for one in node.outputs:
        if "as_tensor" in one:
            outputs.append(_name(one["as_tensor"]))
        elif "as_tensors" in one:
            outputs.extend(_name(each) for each in one["as_tensors"])
        elif "as_sym_int" in one:
            outputs.append(_text(one["as_sym_int"].get("as_name", "")))
        elif "as_optional_tensors" in one:
            outputs.extend(_text(each.get("as_tensor", {}).get("name", "")) for each in one["as_optional_tensors"])
    target = node.target.removeprefix("torch.ops.").removeprefix("aten.")
    args = {argument.name: _value(argument.arg) for argument in node.inputs}
    return Call(target, args, tuple(outputs), stack_of(node.metadata.nn_module_stack))


def _value(arg: dict[str, Any]) -> Any:
    """An argument: numbers, names, lists of them; None for what says nothing about shapes (dtype, device)."""
    kind, value = next(iter(arg.items()))
    if kind == "as_tensor":
        return Ref(_name(value))
    if kind == "as_tensors":
        return [Ref(_name(each)) for each in value]
    if kind == "as_optional_tensors":
        return [Ref(_name(each["as_tensor"])) if "as_tensor" in each else None for each in value]
    if kind == "as_sym_int":
        return _whole(value)
    if kind == "as_sym_ints":
        return [_whole(each) for each in value]
    if kind in ("as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_bools", "as_string", "as_strings"):
        return value
    if kind == "as_sym_float":
        return value.get("as_float")
    return None


def _text(value: Any) -> str:
    """A name; TypeError for what is none."""
    if not isinstance(value, str):
        raise TypeError("a name is no text")
    return value


def _name(value: dict[str, Any]) -> str:
    """The name of a tensor."""
    return _text(value["name"])


def _whole(value: dict[str, Any]) -> Any:
    """A whole number, or the name of one."""
    return Sym(_text(value["as_name"])) if "as_name" in value else int(value["as_int"])


def _size(value: dict[str, Any]) -> int | None:
    """A size; of a symbolic one what it was when the program was traced."""
    if "as_int" in value:
        return int(value["as_int"])
    hint = value["as_expr"].get("hint") or {}
    size = hint.get("as_int") if isinstance(hint, dict) else None
    return size if isinstance(size, int) else None


def _meta(tensor: _Tensor) -> Meta:
    """What is stated of a tensor."""
    sizes = [_size(size) for size in tensor.sizes]
    symbolic = tuple([d for d, size in enumerate(tensor.sizes) if "as_int" not in size])
    shape = None if None in sizes else tuple([int(n) for n in sizes if n is not None])
    if shape is not None and any(not 0 <= n < 2**63 for n in shape):
        raise TypeError("a size is negative or too large")
    return Meta(shape if shape is not None else None, tensor.requires_grad, symbolic)
