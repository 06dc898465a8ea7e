"""Where the elements of a view lie in memory: which reshapes can read them in place, and which must copy.

Strides are counted in elements, one per dimension.
"""

from __future__ import annotations

from collections.abc import Sequence


def run_of(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of a tensor whose elements lie one behind the other.

    >>> run_of((2, 3, 5))
    (15, 5, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def is_run(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether the elements lie one behind the other; the stride of a dimension of size 1 says nothing.

    >>> is_run((1, 3, 5), (99, 5, 1)), is_run((3, 5), (1, 3))
    (True, False)
    """
    step = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1:
            if stride != step:
                return False
            step *= size
    return True


def regrouped(shape: Sequence[int], strides: Sequence[int], new: Sequence[int]) -> tuple[int, ...] | None:
    """The strides of the same elements in another shape; None when only a copy can have it.

    Neighbouring dimensions are read as one where each steps over the whole of the next.

    Source: NumPy, _attempt_nocopy_reshape; torch, Tensor.view

    >>> regrouped((2, 3, 5), (15, 5, 1), (6, 5)), regrouped((3, 5), (1, 3), (15,))
    ((5, 1), None)
    """
    old = [(size, stride) for size, stride in zip(shape, strides, strict=True) if size != 1]
    found: list[int] = []
    i = j = 0
    while i < len(old) and j < len(new):
        first_old, first_new = i, j
        have, want = old[i][0], new[j]
        while have != want:
            if have < want:
                i += 1
                have *= old[i][0]
            else:
                j += 1
                want *= new[j]
        for k in range(first_old, i):
            if old[k][1] != old[k + 1][0] * old[k + 1][1]:
                return None
        step = old[i][1]
        part = []
        for size in reversed(new[first_new : j + 1]):
            part.append(step)
            step *= size
        found.extend(reversed(part))
        i, j = i + 1, j + 1
    return (*found, *[1] * (len(new) - len(found)))
