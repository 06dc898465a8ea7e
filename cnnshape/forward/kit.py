"""What a kernel may use: weights, and arithmetic that counts itself where it is performed.

Every method that computes takes real arrays, performs the operation on them and adds the number of scalar operations
to the tally, read off the arrays themselves. Nothing here knows a layer, a shape rule or a formula of the calculator.

One multiply-accumulate is `mac`; a lone addition or subtraction `add`; a comparison or selection `cmp`; a sign change,
a copy and an index cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from cnnshape.forward.blas import alone
from cnnshape.forward.erf import erf
from cnnshape.forward.memory import scratch
from cnnshape.forward.threads import busy, count, shares, spread
from cnnshape.forward.weights import Weights

#: An array of any type and rank.
Array = np.ndarray[Any, Any]

#: Elements that are handled at a time: they stay in cache through a chain of operations.
BLOCK = 1 << 18

#: From how many blocks on threads are worth it: between two products OpenBLAS's own threads keep the processors busy
#: waiting, so that light work is done sooner by one thread alone.
MANY, MANY_HEAVY = 32, 4
#: The same while products use one thread: to wake a second one takes as long as 2 ** 18 plain sums.
FEW, FEW_HEAVY = 6, 2
#: Length of rows from which a number for each is read where it lies (see `_along_rows`), as a shape.
LONG = (400,)
#: Products of fewer multiplications are done by one thread.
LIGHT = 1 << 23
#: Multiplications that a thread makes while another one is woken.
AHEAD = 1 << 21


class Kit:
    """The tools of one kernel call; `tally` is what was performed, `used` the arrays that were learned or kept."""

    def __init__(self, weights: Weights, owner: str = "", parent: Kit | None = None) -> None:
        """`owner` is the layer whose weights are used."""
        self.weights, self.owner = weights, owner
        self.tally: Counter[str] = Counter()
        self.way = ""
        self.performed: dict[str, int] = {}
        self.used: dict[str, Array] = parent.used if parent else {}
        self.kept: dict[str, Array] = parent.kept if parent else {}
        self.dtype = weights.dtype

    # arrays

    def weight(self, name: str, *shape: int, fan_in: int = 0) -> Array:
        """A learned array; its values are spread so that a sum over `fan_in` products keeps their size."""
        if name not in self.used:
            self.used[name] = self.weights.learned(self.owner, name, shape, fan_in)
        return self.used[name]

    def buffer(self, name: str, *shape: int, low: float = -0.5, high: float = 0.5) -> Array:
        """An array that is kept with the model and not learned, with values between low and high."""
        if name not in self.kept:
            self.kept[name] = self.weights.between(self.owner, name, shape, low, high)
        return self.kept[name]

    def empty(self, *shape: int) -> Array:
        """Memory for a result."""
        return np.empty(shape, self.dtype)

    # products and sums

    def matmul(self, a: Array, b: Array, out: Array | None = None) -> Array:
        """Matrix product; every product of two numbers is added to a sum."""
        y: Array
        if a.ndim == b.ndim == 2 and len(a) * a.shape[1] * b.shape[1] > LIGHT and alone() and not busy():
            y = _shared(a, b, out)
        else:
            y = np.matmul(a, b, out=out) if out is not None else np.matmul(a, b)
        self.tally["mac"] += y.size * a.shape[-1]
        return y

    def multiply_add(self, y: Array, a: Any, b: Any, beside: Array) -> None:
        """Add a * b to y; `beside` is memory of y's shape."""
        np.multiply(a, b, out=beside)
        np.add(y, beside, out=y)
        self.tally["mac"] += y.size

    def sum(self, x: Array, axis: Any, *, keepdims: Any = True) -> Array:
        """A sum of n numbers is n - 1 additions."""
        y: Array = np.sum(x, axis=axis, keepdims=keepdims)
        self.tally["add"] += x.size - y.size
        return y

    def largest(self, x: Array, axis: Any, *, keepdims: Any = True) -> Array:
        """The largest of n numbers takes n - 1 comparisons."""
        y: Array = np.max(x, axis=axis, keepdims=keepdims)
        self.tally["cmp"] += x.size - y.size
        return y

    # elementwise, one operation per element of the result

    def _do(self, kind: str, ufunc: Callable[..., Any], *args: Any, out: Array | None = None) -> Array:
        y: Array
        if out is None:
            y = ufunc(*args)
        elif args[-1].__class__ is np.ndarray and args[-1].shape[-1:] == (1,) and out.shape[-1:] >= LONG:
            y = _along_rows(ufunc, *args, out=out)
        else:
            y = ufunc(*args, out=out)
        self.tally[kind] += y.size
        return y

    def add(self, a: Any, b: Any, out: Array | None = None) -> Array:
        """A + b."""
        return self._do("add", np.add, a, b, out=out)

    def sub(self, a: Any, b: Any, out: Array | None = None) -> Array:
        """A - b."""
        return self._do("add", np.subtract, a, b, out=out)

    def mul(self, a: Any, b: Any, out: Array | None = None) -> Array:
        """A * b."""
        return self._do("mul", np.multiply, a, b, out=out)

    def div(self, a: Any, b: Any, out: Array | None = None) -> Array:
        """A / b."""
        return self._do("div", np.divide, a, b, out=out)

    def maximum(self, a: Any, b: Any, out: Array | None = None) -> Array:
        """The larger."""
        return self._do("cmp", np.maximum, a, _laid(b, a), out=out)

    def minimum(self, a: Any, b: Any, out: Array | None = None) -> Array:
        """The smaller."""
        return self._do("cmp", np.minimum, a, _laid(b, a), out=out)

    def held(self, x: Array, low: float, high: float, out: Array) -> Array:
        """The smaller of high and of the larger of low and x: two comparisons each, in one pass."""
        np.clip(x, low, high, out=out)
        self.tally["cmp"] += 2 * out.size
        return out

    def select(self, condition: Array, a: Any, b: Any, out: Array) -> Array:
        """A where the condition holds, b elsewhere (out may be either): the condition was a comparison, counted here."""
        _choose(condition, a, b, out)
        self.tally["cmp"] += out.size
        return out

    def negative(self, x: Array, out: Array) -> Array:
        """The sign change, which costs nothing; NumPy 2.4's own goes wrong from one strided array to another."""
        y: Array = np.multiply(x, -1.0, out=out)
        return y

    def exp(self, x: Array, out: Array | None = None) -> Array:
        """E to the x."""
        return self._do("exp", np.exp, x, out=out)

    def log(self, x: Array, out: Array | None = None) -> Array:
        """The natural logarithm."""
        return self._do("log", np.log, x, out=out)

    def tanh(self, x: Array, out: Array | None = None) -> Array:
        """The hyperbolic tangent."""
        return self._do("tanh", np.tanh, x, out=out)

    def erf(self, x: Array, out: Array | None = None) -> Array:
        """The error function."""
        return self._do("erf", erf, x, out=out)

    def sqrt(self, x: Array, out: Array | None = None) -> Array:
        """The square root."""
        return self._do("sqrt", np.sqrt, x, out=out)

    def pow(self, x: Any, exponent: Any, out: Array | None = None) -> Array:
        """X to a power."""
        return self._do("pow", np.power, x, exponent, out=out)

    # another way to the same numbers

    def instead(self, way: str, worker: Kit, macs: int) -> None:
        """So many multiply-accumulates are done, of which `worker` performed what is in its tally, in another way.

        The tally has the number of those that the result stands for, as the definition counts them; `performed` has
        what really happened in their place.
        """
        self.tally["mac"] += macs
        self.way = way
        self.performed = dict(Counter(self.performed) + worker.tally)

    # blocks

    def each(self, x: Array, body: Callable[[Kit, Array, Array], Any], *, heavy: bool = False) -> Array:
        """A new array of x's shape that `body(kit, x_block, y_block)` fills block by block.

        `heavy` work takes many times as long as reading its numbers: exponentials and the like.
        """
        y = np.empty(x.shape, self.dtype)
        source = np.ascontiguousarray(x).reshape(-1)
        target = y.reshape(-1)
        self.parts(source.size, BLOCK, lambda kit, a, b: body(kit, source[a:b], target[a:b]), heavy=heavy)
        return y

    def parts(self, length: int, step: int, body: Callable[[Kit, int, int], Any], *, heavy: bool = False) -> None:
        """Call `body(kit, first, last)` for every stretch of at most `step`, on all threads where that is worth it."""
        starts = range(0, length, max(1, step))
        kits = (
            [Kit(self.weights, self.owner, self) for _ in starts]
            if len(starts) >= _worth(heavy) and count() > 1
            else []
        )
        if not kits:
            for first in starts:
                body(self, first, min(length, first + step))
            return

        errors = np.geterr()  # a thread has settings of its own

        def work(part: int) -> None:
            with np.errstate(**errors):
                body(kits[part], starts[part], min(length, starts[part] + step))

        spread(work, range(len(starts)))
        for kit in kits:
            self.tally.update(kit.tally)


def _worth(heavy: bool) -> int:
    """From how many blocks on threads are worth it."""
    if alone():
        return FEW_HEAVY if heavy else FEW
    return MANY_HEAVY if heavy else MANY


def _shared(a: Array, b: Array, out: Array | None) -> Array:
    """A product of which every thread makes a part: some rows of the result, or some columns where there are more."""
    y: Array = np.empty((len(a), b.shape[1]), np.result_type(a, b)) if out is None else out
    wide = b.shape[1] > len(a)
    length, many = max(y.shape), count()
    # This thread begins at once, the others when they have woken.
    early = min(length * AHEAD // (y.size * a.shape[1]), length // 2)
    bounds = [0, *[early + bound for bound in shares(length - early, many)[1:]]]

    def work(part: int) -> None:
        own = slice(bounds[part], bounds[part + 1])
        if wide:
            np.matmul(a, b[:, own], out=y[:, own])
        else:
            np.matmul(a[own], b, out=y[own])

    spread(work, range(many))
    return y


def _along_rows(ufunc: Callable[..., Any], *args: Any, out: Array) -> Any:
    """A ufunc with one number per row: NumPy copies the numbers into its buffer, row by row, unless that is small."""
    before = np.setbufsize(16)
    try:
        return ufunc(*args, out=out)
    finally:
        np.setbufsize(before)


def _choose(condition: Array, a: Any, b: Any, out: Array) -> Array:
    """A where the condition holds, else b; out may be either of them.

    By bits: NumPy's own branch per number takes eight times as long where signs are random.
    """
    bits = np.dtype(f"i{out.dtype.itemsize}")
    mask, changed = scratch((2, *out.shape), bits)
    mask[...] = condition
    np.subtract(0, mask, out=mask)  # all bits of the number, or none
    first, second = (np.asarray(value, out.dtype).view(bits) for value in (a, b))
    np.bitwise_xor(first, second, out=changed)
    changed &= mask
    np.bitwise_xor(second, changed, out=out.view(bits))
    return out


@lru_cache(maxsize=8)
def _block(value: float, dtype: np.dtype[Any]) -> Array:
    """A block of one value."""
    return np.full(BLOCK, value, dtype)


def _laid(value: Any, beside: Any) -> Any:
    """A number as an array beside a block: NumPy compares two arrays three times as fast as one with a number."""
    if isinstance(value, (int, float)) and beside.ndim == 1 and len(beside) <= BLOCK:
        return _block(float(value), beside.dtype)[: len(beside)]
    return value
