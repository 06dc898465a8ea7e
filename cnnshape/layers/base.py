"""What every layer kind is: a frozen structure that states facts about itself, given the shapes that reach it.

A kind overrides what it knows and nothing else; the defaults describe an elementwise layer without weights. All
shapes carry the batch first. Facts depend on nothing but the fields and the input shapes.
"""

# No postponed annotations here: msgspec would compile the text of each of them again for every kind.
from math import isqrt
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from cnnshape.errors import LayerError
from cnnshape.geometry.padding import resolve
from cnnshape.geometry.receptive import AxisMap
from cnnshape.geometry.window import Window
from cnnshape.ops import Ops
from cnnshape.shape import Shape

#: The largest size that a field may hold.
LIMIT = 2**31 - 1

Count = Annotated[int, Meta(ge=1, le=LIMIT)]
"""A number of things: channels, features, groups."""
Whole = Annotated[int, Meta(ge=0, le=LIMIT)]
"""A number that may be zero."""
Index = Annotated[int, Meta(ge=-LIMIT, le=LIMIT)]
"""A number of either sign: an axis, a position from the end."""
Rate = Annotated[float, Meta(ge=0, le=1)]
"""A probability."""
Taps = Annotated[int, Meta(ge=1, le=65536)]
"""A kernel's length on one axis."""
Step = Annotated[int, Meta(ge=1, le=65536)]
"""A stride or a dilation on one axis."""
Pad = Annotated[int, Meta(ge=0, le=LIMIT)]
"""Positions added on one side."""

#: One value for every axis, or one per axis in the order (D, H, W).
KernelSize = Taps | tuple[Taps, ...]
Stride = Step | tuple[Step, ...]
Size = Count | tuple[Count, ...]
Extra = Pad | tuple[Pad, ...]
#: A number, one per axis, a (before, after) pair per axis, or a word.
Padding = (
    Literal["same", "same_upper", "same_lower", "valid", "full", "causal"]
    | Pad
    | tuple[Pad | tuple[Pad, ...], ...]  # the inner one is a pair; `pair` holds it to that
)
#: False: floor. True, "torch" or "onnx": the last window starts inside. "caffe": the same, when padded.
CeilMode = bool | Literal["torch", "onnx", "caffe"]


class Carry(msgspec.Struct, frozen=True, gc=False):
    """Where one axis of an input goes: output dimension `to` reads input dimension `axis` by `way` (None: as is)."""

    axis: int
    to: int
    way: Any = None


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One layer kind; see the module's docstring and CONTRIBUTING.md for how to add one."""

    #: The name in the spec language.
    kind: ClassVar[str] = ""
    #: The field that `- kind: value` fills; "from" fills the inputs; "" allows no shorthand.
    shorthand: ClassVar[str] = ""
    #: The fewest and the most inputs; None is unbounded.
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    #: The output is the input's own memory under another shape.
    view: ClassVar[bool] = False
    #: Which tensors the backward pass needs: "input", "output", "both" or "nothing".
    saves: ClassVar[Literal["input", "output", "both", "nothing"]] = "nothing"
    #: Whether the output depends on the inputs' values (a learned array depends on nothing).
    reads: ClassVar[bool] = True
    #: Whether it depends on the first input's values alone; the others lend their shape.
    first_only: ClassVar[bool] = False
    #: Whether a kind that moves no axes mixes the channels, which may be an axis of the image after a permute.
    mixes_channels: ClassVar[bool] = False
    #: Bytes that the backward pass keeps for each output element besides (a dropout mask, a pool's indices).
    mask_bytes: ClassVar[int] = 0

    def out(self, *args: Any, **kwargs: Any) -> Shape:  # noqa: ARG002 - kinds narrow the signature to their inputs
        """The output's shape, from the inputs' shapes; the first input's own unless the kind says otherwise."""
        x: Shape = args[0]
        return x

    def outs(self, *args: Any, **kwargs: Any) -> tuple[Shape, ...]:
        """All output shapes; one unless the kind splits."""
        return (self.out(*args, **kwargs),)

    def windows(self, *args: Any, **kwargs: Any) -> tuple[AxisMap, ...] | None:  # noqa: ARG002
        """How each spatial axis is read, in order; None: every position reads itself."""
        return None

    def carries(self, *args: Any, **kwargs: Any) -> tuple[Carry, ...] | None:
        """Where every axis of the first input goes, for kinds that move axes; None: axes stay where they are.

        An axis that is not carried ends: its field becomes the hull of all positions.
        """
        windows = self.windows(*args, **kwargs)
        if windows is None:
            return None
        return tuple([Carry(axis, axis, way) for axis, way in enumerate(windows, start=2)])

    def apart(self, *args: Any, **kwargs: Any) -> tuple[tuple[Carry, ...], ...] | None:  # noqa: ARG002
        """Where every axis goes for each output, for kinds whose outputs are read from different places."""
        return None

    def strides(self, strides: tuple[int, ...], *args: Any, **kwargs: Any) -> tuple[int, ...] | None:  # noqa: ARG002
        """How a view's output lies in memory, from how its input does; None: only a copy can have its shape."""
        return strides

    def weights(self, *args: Any, **kwargs: Any) -> dict[str, Shape] | None:  # noqa: ARG002
        """The shapes of the learned arrays by torch's names; None: they cannot be known."""
        return {}

    def inside(self, *args: Any, **kwargs: Any) -> int:  # noqa: ARG002
        """How many elements the backward pass needs that stand in no input or output: attention's scores, gates."""
        return 0

    def buffers(self, *args: Any, **kwargs: Any) -> dict[str, Shape]:  # noqa: ARG002
        """The shapes of the arrays that are kept with the model and not learned."""
        return {}

    def ops(self, *args: Any, **kwargs: Any) -> Ops | None:  # noqa: ARG002
        """What is computed; the output comes first. None: it cannot be known."""
        return Ops()

    def macs_alone(self) -> int | None:
        """The multiply-accumulates of a kind that knows these and not its other operations."""
        return None

    def terms(self, *args: Any, **kwargs: Any) -> dict[str, int]:  # noqa: ARG002
        """Names that the docstring's formulas use besides the common ones; the output comes first."""
        return {}

    def params(self, *inputs: Shape) -> int | None:
        """How many learned numbers: the sizes of the weights; None: it cannot be known."""
        weights = self.weights(*inputs)
        return None if weights is None else sum(shape.numel for shape in weights.values())


class Elementwise(Layer, frozen=True):
    """A kind with a fixed cost per element; the shape stays."""

    saves: ClassVar[Any] = "input"
    #: Operations per element.
    cost: ClassVar[Ops] = Ops()

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """The cost, once per element."""
        return scaled(self.cost, x.numel)


def scaled(cost: Ops, times: int) -> Ops:
    """The cost of `times` elements."""
    return Ops(*[each * times for each in msgspec.structs.astuple(cost)])


def dimension(dim: int, x: Shape, kind: str, first: int = 1, fixes: tuple[dict[str, Any], ...] = ({"dim": 1},)) -> int:
    """A dimension counted from 0; LayerError when the shape has none such, or when it is the batch."""
    found = dim + len(x) if dim < 0 else dim
    if not first <= found < len(x):
        message = f"{kind} cannot use dimension {dim} of {x}" + (" (the batch)" if found == 0 else "")
        raise LayerError("CNN-E406", message, fixes=fixes)
    return found


def divisor(n: int, most: int) -> int:
    """The largest divisor of n that is not larger than `most`, for a fix.

    >>> divisor(12, 5), divisor(2**31 - 1, 2**31 - 2)
    (4, 1)
    """
    small = [d for d in range(1, min(isqrt(n), 65536) + 1) if n % d == 0]
    return max(d for part in small for d in (part, n // part) if d <= most)


def same_batch(kind: str, *xs: Shape) -> None:
    """LayerError when broadcasting from the right would lay an input's batch beside another axis.

    Only a batch of 1 may move: an array without a batch of its own.
    """
    most = max(xs, key=len)
    for x in xs:
        if len(x) < len(most) and x[0] != 1:
            at = len(most) - len(x)
            raise LayerError(
                "CNN-E403",
                f"{kind} aligns shapes from the right: the batch of {x} would meet dimension {at} of {most}",
                advice="unsqueeze or reshape one of them, so that both have as many dimensions",
            )


def spatial_rank(x: Shape, kind: str) -> int:
    """1, 2 or 3: the number of spatial axes; a LayerError for any other input."""
    rank = len(x) - 2
    if not 1 <= rank <= 3:
        raise LayerError(
            "CNN-E404",
            f"{kind} needs an input of C x L, C x H x W or C x D x H x W, but gets {Shape(*x[1:])}",
            advice="put a reshape or unsqueeze before it" if rank < 1 else "",
        )
    return rank


def per_axis(value: Any, rank: int, field: str) -> tuple[Any, ...]:
    """One value per spatial axis: a single value serves all of them."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise LayerError(
            "CNN-E405",
            f"{field} has {len(value)} values, but the input has {rank} spatial ax{'es' if rank > 1 else 'is'}",
            fixes=({field: value[0]},) if value else (),
        )
    return value


def sides(padding: Any) -> Any:
    """(before, after) of one axis from one number for both or from a pair; a word stays a word."""
    if isinstance(padding, int):
        return (padding, padding)
    if isinstance(padding, tuple) and len(padding) != 2:
        raise LayerError("CNN-E203", f"padding of one axis is a number or a (before, after) pair, not {padding}")
    return padding


#: The layer, shape and kernel asked for last, and the windows: several facts of one layer ask for the same in a row.
_asked: list[tuple[Any, Any, Any, tuple[Window, ...]]] = [(None, None, None, ())]


def sliding_windows(layer: Any, x: Shape, kernel_size: Any) -> tuple[Window, ...]:
    """The windows of a convolution or pool, with every padding dialect resolved.

    The layer has `stride`, `padding`, `dilation` and perhaps `ceil_mode`; a LayerError tells which axis is too small.
    """
    last = _asked[0]
    if last[0] is layer and last[1] is x and last[2] is kernel_size:
        return last[3]
    rank = spatial_rank(x, layer.kind)
    kernels = per_axis(kernel_size, rank, "kernel_size")
    strides = kernels if layer.stride is None else per_axis(layer.stride, rank, "stride")
    dilations = per_axis(layer.dilation, rank, "dilation")
    paddings = per_axis(layer.padding, rank, "padding")
    ceil_mode = getattr(layer, "ceil_mode", False)
    windows: list[Window] = []
    axes = tuple(zip(x[2:], kernels, strides, dilations, paddings, strict=True))
    for n, kernel, stride, dilation, padding in axes:
        if windows and axes[len(windows)] == axes[len(windows) - 1]:
            windows.append(windows[-1])  # one object for equal axes, so that its identity says enough
            continue
        extent = dilation * (kernel - 1) + 1
        pad = sides(padding)
        before, after = resolve(pad, n, extent, stride, ceil_mode) if ceil_mode or pad.__class__ is str else pad
        if n + before + after < extent:
            raise too_small(layer, x, len(windows), extent, before, after)
        windows.append(Window(kernel, stride, dilation, before, after))
    found = tuple(windows)
    _asked[0] = (layer, x, kernel_size, found)
    return found


def too_small(layer: Any, x: Shape, axis: int, extent: int, before: int, after: int) -> LayerError:
    """The error of a window that does not fit, with the arithmetic and what would make it fit."""
    n = x[axis + 2]
    name = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}[len(x) - 2][axis]
    each = (extent - n + 1) // 2  # the least that fits, on both sides alike
    dilation = per_axis(layer.dilation, len(x) - 2, "dilation")[axis]
    lengths = f"{dilation} * (kernel - 1) + 1 = {extent}" if dilation != 1 else f"{extent}"
    return LayerError(
        "CNN-E401",
        f"the window of {extent} does not fit into {name} {n}" + (f" + {before} + {after}" if before or after else ""),
        f"input {x}",
        f"{name}: {n} + {before} + {after} = {n + before + after} < {lengths}",
        fixes=({"padding": each}, {"padding": "same"}),
        advice=f"an input of at least {extent - before - after} here",
        field="dilation" if dilation != 1 else "kernel_size",
    )
