"""Padding dialects: how each framework turns its words into `before` and `after` on one axis.

Each function answers in positions, for one axis. Names are the field's; sources stand beside each rule.
"""

from __future__ import annotations

#: The words that may stand in place of numbers.
WORDS = ("same", "same_upper", "same_lower", "valid", "full", "causal")


def same_upper(n: int, extent: int, stride: int) -> tuple[int, int]:
    """Keep ceil(n / stride) outputs; an odd position goes behind.

    Source: TensorFlow/Keras "same"; ONNX SAME_UPPER; torch padding="same"

    >>> same_upper(224, 3, 2)
    (0, 1)
    """
    total = max(0, ((n + stride - 1) // stride - 1) * stride + extent - n)
    return total // 2, total - total // 2


def same_lower(n: int, extent: int, stride: int) -> tuple[int, int]:
    """Keep ceil(n / stride) outputs; an odd position goes in front.

    Source: ONNX SAME_LOWER

    >>> same_lower(224, 3, 2)
    (1, 0)
    """
    after, before = same_upper(n, extent, stride)
    return before, after


def by_word(word: str, n: int, extent: int, stride: int) -> tuple[int, int]:
    """Padding for one of `WORDS`.

    `valid` pads nothing; `full` lets a single position overlap at either end (Dumoulin & Visin 2016, 2.4);
    `causal` pads in front alone, so that no output sees the future (Keras Conv1D).

    >>> by_word("full", 5, 3, 1), by_word("causal", 5, 3, 1)
    ((2, 2), (2, 0))
    """
    if word in ("same", "same_upper"):
        return same_upper(n, extent, stride)
    if word == "same_lower":
        return same_lower(n, extent, stride)
    if word == "full":
        return extent - 1, extent - 1
    if word == "causal":
        return extent - 1, 0
    return 0, 0


def ceil_after(n: int, extent: int, stride: int, before: int, after: int, *, caffe: bool = False) -> int:
    """The padding behind that makes the floor rule give what a ceil rule gives.

    torch and ONNX drop the last window unless it starts inside the input or the padding before it; Caffe asks the
    same only of a padded axis, which is the one difference between the two dialects.

    Source: torch ATen/native/Pool.h pooling_output_shape_pad_lr; BVLC caffe pooling_layer.cpp Reshape; ONNX MaxPool

    >>> ceil_after(112, 3, 2, 0, 0)
    1
    """
    out = -((extent - n - before - after) // stride) + 1
    if (not caffe or before or after) and (out - 1) * stride >= n + before:
        out -= 1
    return (out - 1) * stride + extent - n - before


def resolve(
    padding: str | tuple[int, int],
    n: int,
    extent: int,
    stride: int,
    ceil_mode: bool | str = False,
) -> tuple[int, int]:
    """Every dialect in one call: (before, after) of one axis of size n.

    >>> resolve("same", 7, 3, 2), resolve((0, 0), 6, 3, 2, ceil_mode=True)
    ((1, 1), (0, 1))
    """
    before, after = by_word(padding, n, extent, stride) if isinstance(padding, str) else padding
    if ceil_mode and n + before + after >= extent:
        after = ceil_after(n, extent, stride, before, after, caffe=ceil_mode == "caffe")
    return before, after
