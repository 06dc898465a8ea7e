"""The inputs of a network: sizes that the file states, and those that the user must say."""

from __future__ import annotations

from cnnshape.errors import Place, Problem, did_you_mean, quoted
from cnnshape.layers import BY_NAME
from cnnshape.ops import Ops
from cnnshape.readers import Options
from cnnshape.readers.graph import Graph
from cnnshape.readers.onnx.proto import Body, Dim, ValueInfo
from cnnshape.readers.onnx.value import Size, Value

#: Where operators have their weights: an input of the graph that is read in these places alone is a weight that the
#: caller feeds, and not an input of the network. ("Gemm" is a linear layer, whose second factor is one.)
WEIGHTS: dict[str, tuple[int, ...]] = {
    "Conv": (1, 2), "ConvTranspose": (1, 2), "ConvInteger": (1, 3), "QLinearConv": (1, 2, 3, 4, 5, 6, 7, 8),
    "BatchNormalization": (1, 2, 3, 4), "InstanceNormalization": (1, 2), "GroupNormalization": (1, 2),
    "LayerNormalization": (1, 2), "RMSNormalization": (1,), "Gemm": (1, 2), "PRelu": (1,),
    "RNN": (1, 2, 3), "LSTM": (1, 2, 3, 7), "GRU": (1, 2, 3),
}  # fmt: skip


#: The doc string of an input that our own writer leaves to the caller as a weight, wherever it is read.
MARK = "cnnshape: a weight"


def fed(body: Body) -> set[str]:
    """The inputs that are weights: they are marked as such, or they have a place of a weight and no other."""
    marked = {
        info.name
        for info in body.inputs
        if info.doc == MARK and info.dims is not None and all(isinstance(size, int) for size in info.dims)
    }
    names = {info.name for info in body.inputs[1:]} - marked
    if not names:
        return marked
    weights: set[str] = set()
    others: set[str] = {info.name for info in body.outputs}
    for op in body.nodes:
        places = WEIGHTS.get(op.type, ()) if not op.domain else ()
        for at, name in enumerate(op.inputs):
            if name in names:
                (weights if at in places else others).add(name)
    return marked | (weights - others)


class Sizes:
    """The shapes of all inputs, and what each symbol is bound to."""

    def __init__(self, file: str, inputs: list[ValueInfo], options: Options) -> None:
        """`inputs` are those that the user feeds."""
        self.file, self.inputs, self.options = file, inputs, options
        self.bound: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.batch, self.stated = self._batch()

    def _batch(self) -> tuple[int, int | None]:
        """The batch, and what the file states as such: the first size of the first input that has any."""
        first = next((info.dims[0] for info in self.inputs if info.dims), None)
        stated = first if isinstance(first, int) else None
        batch = self.options.batch if self.options.batch is not None else stated if stated is not None else 1
        if isinstance(first, str):
            self.bound[first] = batch
        return batch, stated

    @property
    def overridden(self) -> bool:
        """Whether the user asks for other sizes than the file states, so that what it states of tensors is void."""
        return bool(self.options.inputs) or self.batch != (self.batch if self.stated is None else self.stated)

    def given(self) -> dict[str, Size]:
        """The user's shapes by the inputs' names; a problem for a name that no input has."""
        found: dict[str, Size] = {}
        names = [info.name for info in self.inputs]
        for name, shape in self.options.inputs.items():
            if (name in names) or (not name and names):
                found[name or names[0]] = tuple(shape)
            else:
                fix = did_you_mean(name, names) or f"one of {', '.join(map(quoted, names[:9]))}"
                message = f"the network has no input {quoted(name)}"
                self.problems.append(Problem("CNN-E301", message, Place(self.file), fix=fix))
        return found

    def shapes(self) -> list[tuple[ValueInfo, Size | None]]:
        """Every input with its whole shape; None for one that is no tensor, or whose problem is on record."""
        given = self.given()
        for info in self.inputs:
            shape = given.get(info.name)
            if shape is not None and info.dims is not None:
                if len(info.dims) != len(shape) + 1:
                    message = f"input {quoted(info.name)} has {len(info.dims)} dimensions with its batch, --input gives {len(shape)} without it"
                    self.problems.append(
                        Problem("CNN-E405", message, Place(self.file), fix=f"--input {_asked(info, True)}")
                    )
                for symbol, size in zip(info.dims[1:], shape, strict=False):
                    if isinstance(symbol, str):
                        self.bound.setdefault(symbol, size)
        return [(info, self._shape(info, given.get(info.name))) for info in self.inputs]

    def _shape(self, info: ValueInfo, given: Size | None) -> Size | None:
        if given is not None:
            return (self.batch, *given)
        if not info.tensor:
            return None
        named = len(self.inputs) > 1
        if info.dims is None:
            message = f"the file does not state the shape of input {quoted(info.name)}"
            self.problems.append(Problem("CNN-E802", message, Place(self.file), fix=f"--input {_asked(info, named)}"))
            return None
        found: list[int] = []
        missing: list[str] = []
        for at, size in enumerate(info.dims):
            known = self._size(size, at)
            found.append(-1 if known is None else known)
            if known is None:
                missing.append(f"{at} ({quoted(size)})" if isinstance(size, str) else str(at))
        if missing:
            plural = "s" if len(missing) > 1 else ""
            message = f"the file does not state dimension{plural} {', '.join(missing)} of input {quoted(info.name)}"
            self.problems.append(Problem("CNN-E802", message, Place(self.file), fix=f"--input {_asked(info, named)}"))
            return None
        return tuple(found)

    def missing(self, info: ValueInfo) -> bool:
        """Whether some size of a weight is neither stated nor bound."""
        return any(not isinstance(size, int) and size not in self.bound for size in info.dims or ())

    def _size(self, size: Dim, at: int) -> int | None:
        if isinstance(size, int):
            return self.batch if at == 0 and size == self.stated else size
        if isinstance(size, str) and size in self.bound:
            return self.bound[size]
        return self.batch if at == 0 else None


def _asked(info: ValueInfo, named: bool) -> str:
    """How the shape is said on the command line, a word for each size that is missing."""
    dims = info.dims[1:] if info.dims else ("C", "H", "W")
    sizes = "x".join([str(size) if isinstance(size, int) else "SIZE" if info.dims else str(size) for size in dims])
    return f"{quoted(info.name)}={sizes}" if named else sizes


def place(graph: Graph, shapes: list[tuple[ValueInfo, Size | None]]) -> dict[str, Value]:
    """The inputs in the network; one that has no batch in front, or is no tensor, is a foreign row."""
    values: dict[str, Value] = {}
    for info, shape in shapes:
        if shape and shape[0] == graph.batch and 0 not in shape:
            values[info.name] = Value(shape, number=graph.input(info.name, shape[1:]))
    for info, shape in shapes:
        if info.name not in values:
            layer = BY_NAME["foreign"](op="Input", shapes=(shape,), parameters=0, macs=0, operations=Ops())
            values[info.name] = Value(shape, number=graph.node(info.name, layer, ())[0])
    return values
