"""Views against NumPy: whether it reads a reshape in place or copies."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import cnnshape
from cnnshape.geometry.strides import is_run, regrouped, run_of


def elements(array: np.ndarray) -> tuple[int, ...]:
    return tuple(stride // array.itemsize for stride in array.strides)


@st.composite
def scattered(draw) -> np.ndarray:
    """A view of an array: dimensions in another order, slices with steps, dimensions of size 1."""
    shape = draw(st.lists(st.sampled_from([1, 1, 2, 3, 4, 6]), min_size=1, max_size=4))
    array = np.zeros(shape, np.int8).transpose(draw(st.permutations(range(len(shape)))))
    for axis, size in enumerate(array.shape):
        step = draw(st.integers(1, 2))
        first = draw(st.integers(0, size - 1))
        array = array[(slice(None),) * axis + (slice(first, None, step),)]
    return array


@given(scattered(), st.data())
def test_a_reshape_is_a_view_when_numpy_says_so(array, data) -> None:
    left, shape = array.size, []
    while left > 1:
        size = data.draw(st.sampled_from([n for n in range(1, left + 1) if left % n == 0]))
        shape.append(size)
        left //= size
    shape = shape or [1]
    view = array.reshape(shape)
    copied = not np.may_share_memory(view, array)
    found = regrouped(array.shape, elements(array), shape)
    assert (found is None) == copied
    if found is not None:
        assert [s for s, n in zip(found, shape, strict=True) if n > 1] == [
            s for s, n in zip(elements(view), shape, strict=True) if n > 1
        ]


@given(scattered())
def test_a_run_is_what_numpy_calls_contiguous(array) -> None:
    assert is_run(array.shape, elements(array)) == array.flags["C_CONTIGUOUS"]
    fresh = np.ascontiguousarray(array)
    assert is_run(fresh.shape, run_of(fresh.shape))


def memory(layers: str, batch: int = 1) -> dict[str, tuple[bool, int]]:
    report = cnnshape.analyze_text(f"{{input: 3x7x11, layers: [{layers}]}}", batch=batch)
    return {row.name: (row.view, row.activation_bytes) for row in report.layers}


def test_a_flatten_behind_a_permute_copies() -> None:
    assert memory("permute: [0, 2, 3, 1], flatten, flatten") == {
        "permute1": (True, 0),
        "flatten1": (False, 3 * 7 * 11 * 4),
        "flatten2": (True, 0),
    }
    assert memory("relu, flatten")["flatten1"] == (True, 0)


def test_what_a_slice_leaves_scattered_is_copied() -> None:
    channels = "slice: {dim: 1, start: 1}, flatten"
    assert memory(channels)["flatten1"] == memory(channels, batch=2)["flatten1"] == (True, 0)
    assert memory("slice: {dim: 3, step: 2}, flatten")["flatten1"] == (False, 3 * 7 * 6 * 4)
