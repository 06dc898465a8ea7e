"""The tools of the kernels: right on strided arrays, counted as performed, accurate where NumPy has nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnnshape.forward.erf import erf
from cnnshape.forward.kit import BLOCK, Kit
from cnnshape.forward.slabs import over, slabs
from cnnshape.forward.weights import Weights

BINARY = {
    "add": ("add", lambda a, b: a + b),
    "sub": ("add", lambda a, b: a - b),
    "mul": ("mul", lambda a, b: a * b),
    "div": ("div", lambda a, b: a / b),
    "maximum": ("cmp", max),
    "minimum": ("cmp", min),
    "pow": ("pow", lambda a, b: a**b),
}
UNARY = {
    "exp": ("exp", math.exp),
    "log": ("log", math.log),
    "tanh": ("tanh", math.tanh),
    "sqrt": ("sqrt", math.sqrt),
    "erf": ("erf", math.erf),
    "negative": ("", lambda a: -a),
}


def kit(dtype="float64"):
    return Kit(Weights(0, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 8, 16])
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_arithmetic_is_right_between_strided_arrays(name, step, dtype) -> None:
    tools = kit(dtype)
    rng = np.random.default_rng(3)
    a, b, y = (rng.uniform(0.1, 2.0, (13, step)).astype(dtype)[:, :1] for _ in range(3))
    kind, scalar = UNARY.get(name) or BINARY[name]
    inputs = (a,) if name in UNARY else (a, b)
    getattr(tools, name)(*inputs, out=y)
    wanted = [scalar(*values) for values in zip(*[x[:, 0].tolist() for x in inputs], strict=True)]
    np.testing.assert_allclose(y[:, 0], wanted, rtol=1e-6 if dtype == "float32" else 1e-14)
    assert tools.tally == ({kind: 13} if kind else {})
    getattr(tools, name)(*inputs, out=a)  # in place
    np.testing.assert_allclose(a[:, 0], wanted, rtol=1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("n", [1, 13, BLOCK, BLOCK + 1])
def test_a_number_beside_a_block_is_compared_as_a_number(n) -> None:
    x = np.linspace(-1, 1, n)
    for value in (0.0, 0.25, -0.5, 1):
        assert np.array_equal(kit().maximum(x, value), np.maximum(x, value))
        assert np.array_equal(kit().minimum(x, value), np.minimum(x, value))
    assert kit("float32").maximum(x.astype("float32"), 0.1).dtype == np.float32


@pytest.mark.parametrize(("dtype", "error"), [("float32", 5e-7), ("float64", 1e-15)])
def test_the_error_function_is_as_accurate_as_its_type(dtype, error) -> None:
    x = np.concatenate([np.linspace(-8, 8, 20011), np.logspace(-12, 1, 997), [0.0, -1.0, 1.0, 1e9, -1e9, np.inf]])
    x = x.astype(dtype)
    found = erf(x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [math.erf(value) for value in x.tolist()], rtol=error)


@pytest.mark.parametrize(
    ("shape", "first", "last"),
    [((7, 11), 1, 2), ((2, 3, 5, 7), 1, 2), ((2, 3, 5, 7), 2, 4), ((3, 2, 40009), 1, 2), ((2, 70001, 3), 1, 2),
     ((2, 3, 5, 7), 2, 2)],
)  # fmt: skip
def test_slabs_meet_every_element_once_and_hold_whole_groups(shape, first, last) -> None:
    x = np.arange(math.prod(shape), dtype=float).reshape(shape)
    width = math.prod(shape[first:last])
    rows = x.reshape(-1, width, math.prod(shape[last:]))

    def body(own, a, y, numbers) -> None:
        assert a.shape[1] == width
        assert np.array_equal(a, rows[numbers.start : numbers.stop][..., : a.shape[2]]) or a.shape[2] < rows.shape[2]
        y[...] = own.add(a, 1.0)

    tools = kit()
    assert np.array_equal(slabs(tools, x, first, last, body), x + 1)
    assert tools.tally == {"add": x.size}


def test_dimensions_that_are_no_neighbours_are_one_group() -> None:
    x = np.arange(2.0 * 3 * 5 * 7).reshape(2, 3, 5, 7)
    found = over(kit(), x, (-1, 1), lambda own, a, y, _: np.copyto(y, own.sum(a, 1)))
    assert np.array_equal(found, np.broadcast_to(x.sum((1, 3), keepdims=True), x.shape))
