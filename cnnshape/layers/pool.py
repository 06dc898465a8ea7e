"""Pooling with a sliding window: maximum, average, p-norm."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from cnnshape.errors import LayerError
from cnnshape.geometry.window import Window
from cnnshape.layers.base import CeilMode, KernelSize, Layer, Padding, Stride, sliding_windows
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class _Pool(Layer, frozen=True):
    """What the pools have in common: a window per axis, channels untouched."""

    shorthand: ClassVar[str] = "kernel_size"
    saves: ClassVar[Any] = "input"

    kernel_size: KernelSize
    stride: Stride | None = None
    padding: Padding = 0
    dilation: Stride = 1
    ceil_mode: CeilMode = False

    def windows(self, x: Shape) -> tuple[Window, ...]:
        """One window per spatial axis; the stride is the kernel unless given."""
        return sliding_windows(self, x, self.kernel_size)

    def out(self, x: Shape) -> Shape:
        """(N, C, H', W')."""
        windows = self.windows(x)
        for window, n in zip(windows, x[2:], strict=True):
            if (window.before or window.after) and window.blank(n) is not None:
                # In ceil mode a last window that is dropped leaves less than nothing behind.
                padding = f"{window.before} + {window.after}" if window.after >= 0 else window.before
                raise LayerError(
                    "CNN-E406",
                    f"padding {padding} is too large for the window of {window.extent}: "
                    f"output {window.blank(n)} would see padding alone",
                    f"input {x}",
                    fixes=tuple([{"padding": n} for n in dict.fromkeys(((window.extent - 1) // 2, 0))]),
                )
        return Shape(x[0], x[1], *[w.out_size(n) for w, n in zip(windows, x[2:], strict=True)])

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """taps: (output, tap) pairs that fall on the input and not on its padding."""
        return {"taps": prod(w.taps(n) for w, n in zip(self.windows(x), x[2:], strict=True))}


class MaxPool(_Pool, frozen=True):
    """Keep the largest value under the window.

    Shape:   (N, C, H, W) -> (N, C, H', W')
             H' = (H + before + after - dilation*(kernel-1) - 1) // stride + 1
    Ops:     cmp = N * C * (taps - H' * W')
    Errors:  CNN-E401 if the window is larger than the padded input
             CNN-E406 if a window sees padding alone
    Source:  ONNX MaxPool; torch.nn.MaxPool2d

    >>> MaxPool(kernel_size=3, stride=2).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 3, 5)
    """

    kind: ClassVar[str] = "max_pool"
    mask_bytes: ClassVar[int] = 8

    def ops(self, y: Shape, x: Shape) -> Ops:
        """One comparison less than there are taps, for each output."""
        return Ops(cmp=y[0] * y[1] * (self.terms(y, x)["taps"] - prod(y[2:])))


class AvgPool(_Pool, frozen=True):
    """Average what is under the window; `count_include_pad` only changes the divisor.

    Shape:   (N, C, H, W) -> (N, C, H', W')
             H' = (H + before + after - dilation*(kernel-1) - 1) // stride + 1
    Ops:     add = N * C * (taps - H' * W')
             div = N * C * H' * W'
    Errors:  CNN-E401 if the window is larger than the padded input
             CNN-E406 if a window sees padding alone
    Source:  ONNX AveragePool; torch.nn.AvgPool2d

    >>> AvgPool(kernel_size=2).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 3, 5)
    """

    kind: ClassVar[str] = "avg_pool"
    saves: ClassVar[Any] = "nothing"

    count_include_pad: bool = True

    def ops(self, y: Shape, x: Shape) -> Ops:
        """A sum and a division for each output."""
        return Ops(add=y[0] * y[1] * (self.terms(y, x)["taps"] - prod(y[2:])), div=y.numel)


class LpPool(_Pool, frozen=True):
    """The p-norm of what is under the window.

    Shape:   (N, C, H, W) -> (N, C, H', W')
             H' = (H + before + after - dilation*(kernel-1) - 1) // stride + 1
    Ops:     add = N * C * (taps - H' * W')
             pow = N * C * (taps + H' * W')
    Errors:  CNN-E401 if the window is larger than the padded input
             CNN-E406 if a window sees padding alone
    Source:  ONNX LpPool; torch.nn.LPPool2d

    >>> LpPool(kernel_size=2).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 3, 5)
    """

    kind: ClassVar[str] = "lp_pool"
    saves: ClassVar[Any] = "both"

    norm_type: Annotated[float, Meta(gt=0)] = 2.0

    def ops(self, y: Shape, x: Shape) -> Ops:
        """A power for each tap and a root for each output."""
        taps, outputs = self.terms(y, x)["taps"], prod(y[2:])
        return Ops(add=y[0] * y[1] * (taps - outputs), pow=y[0] * y[1] * (taps + outputs))
