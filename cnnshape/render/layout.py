"""Shapes in the user's own layout: channels behind the space, as Keras and TensorFlow write them."""

from __future__ import annotations

import msgspec

from cnnshape.report import Report
from cnnshape.shape import Shape

#: What --layout takes; everything is calculated in the first.
LAYOUTS = ("NCHW", "NHWC")


def laid(report: Report, layout: str) -> Report:
    """The report with the shapes of all tensors in a layout; weights keep theirs."""
    if layout == LAYOUTS[0]:
        return report
    rows = [
        msgspec.structs.replace(
            row,
            input_shapes=tuple([channels_last(shape) for shape in row.input_shapes]),
            output_shapes=tuple([channels_last(shape) for shape in row.output_shapes]),
        )
        for row in report.layers
    ]
    inputs, outputs = (
        tuple([msgspec.structs.replace(tensor, shape=channels_last(tensor.shape)) for tensor in tensors])
        for tensors in (report.inputs, report.outputs)
    )
    return msgspec.structs.replace(report, layers=rows, inputs=inputs, outputs=outputs)


def channels_last(shape: Shape) -> Shape:
    """An image's channels moved behind its space. Shapes of three sizes stay: steps of features have no channels.

    >>> channels_last(Shape(2, 3, 7, 11)), channels_last(Shape(2, 7, 3))
    (Shape(2, 7, 11, 3), Shape(2, 7, 3))
    """
    return Shape(shape[0], *shape[2:], shape[1]) if len(shape) > 3 else shape
