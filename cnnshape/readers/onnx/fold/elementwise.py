"""Arithmetic, comparison and logic, element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cnnshape.readers.onnx.call import Call, UnknownError, broadcast
from cnnshape.readers.onnx.fold.values import (
    BOOL,
    MAX_VALUES,
    bounded,
    cast,
    computed,
    dtype_of,
    kind_of,
    spread,
    tensor,
)
from cnnshape.readers.onnx.op import Const


def divided(a: Any, b: Any) -> Any:
    """Towards zero for integers, as IEEE has it for floats."""
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise UnknownError
        return a // b if (a < 0) == (b < 0) else -(-a // b)
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b


def power(a: Any, b: Any) -> Any:
    """Powers that stay within 64 bits."""
    if isinstance(a, int) and isinstance(b, int):
        if b < 0 or (abs(a) > 1 and b > 64):
            raise UnknownError
        return a**b
    try:
        return math.pow(a, b)
    except OverflowError:
        return math.inf if a > 0 or b % 2 == 0 else -math.inf
    except ValueError:
        return math.inf if a == 0 else math.nan


def guarded(rule: Callable[[float], float]) -> Callable[[float], float]:
    """A function of the reals: what is outside its domain is no number."""

    def safe(a: float) -> float:
        try:
            return rule(a)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return safe


def logarithm(a: float) -> float:
    """Of 0 it is without end."""
    return -math.inf if a == 0 else math.log(a)


def sigmoid(a: float) -> float:
    """1 / (1 + exp(-a)), without overflow."""
    return 1 / (1 + math.exp(-a)) if a >= 0 else math.exp(a) / (1 + math.exp(a))


def whole(rule: Callable[[float], Any]) -> Callable[[Any], Any]:
    """Rounding: of what is not finite, it is the same."""
    return lambda a: float(rule(a)) if isinstance(a, float) and math.isfinite(a) else a


def sign(a: Any) -> Any:
    """-1, 0 or 1."""
    return (a > 0) - (a < 0) if not math.isnan(a) else a


def least(a: Any, b: Any) -> Any:
    """The smaller; no number if one of them is none."""
    return a if math.isnan(a) or a <= b else b


def most(a: Any, b: Any) -> Any:
    """The larger; no number if one of them is none."""
    return a if math.isnan(a) or a >= b else b


UNARY: dict[str, Callable[[Any], Any]] = {
    "Abs": abs,
    "Ceil": whole(math.ceil),
    "Cos": guarded(math.cos),
    "Erf": math.erf,
    "Exp": guarded(math.exp),
    "Floor": whole(math.floor),
    "Log": guarded(logarithm),
    "Neg": lambda a: -a,
    "Reciprocal": lambda a: divided(1.0, a),
    "Relu": lambda a: most(a, type(a)(0)),
    "Round": whole(round),
    "Sigmoid": sigmoid,
    "Sign": sign,
    "Sin": guarded(math.sin),
    "Sqrt": guarded(math.sqrt),
    "Tanh": math.tanh,
    "BitwiseNot": lambda a: ~a,
}
TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNaN": math.isnan,
    "Not": lambda a: not a,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": divided,
    "Pow": power,
    "Max": most,
    "Min": least,
    "Sum": lambda a, b: a + b,
    "BitwiseAnd": lambda a, b: a & b,
    "BitwiseOr": lambda a, b: a | b,
    "BitwiseXor": lambda a, b: a ^ b,
}
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "Equal": lambda a, b: a == b,
    "Greater": lambda a, b: a > b,
    "GreaterOrEqual": lambda a, b: a >= b,
    "Less": lambda a, b: a < b,
    "LessOrEqual": lambda a, b: a <= b,
    "And": lambda a, b: bool(a and b),
    "Or": lambda a, b: bool(a or b),
    "Xor": lambda a, b: bool(a) != bool(b),
}


def alike(call: Call) -> tuple[tuple[int, ...], list[Const]]:
    """All inputs, and the shape they broadcast to."""
    if call.opset < 7 and call.op.type not in ("Max", "Min", "Sum", "Mean"):  # broadcasting by attribute
        raise UnknownError
    consts = [call.const(at) for at in range(len(call.op.inputs)) if call.has(at)]
    if not consts or (call.op.type != "Equal" and any(const.kind == "string" for const in consts)):
        raise UnknownError
    shape = bounded(broadcast(*[const.shape for const in consts]))
    if len(consts) * math.prod(shape) > 4 * MAX_VALUES:
        raise UnknownError
    return shape, consts


def number(call: Call) -> Const:
    """The first input, which is no text."""
    found = call.const(0)
    if found.kind == "string":
        raise UnknownError
    return found


def unary(call: Call) -> list[Const]:
    """One number in, one out."""
    a, rule = number(call), UNARY[call.op.type]
    return [computed(a.shape, map(rule, a.values), dtype_of(a))]


def tested(call: Call) -> list[Const]:
    """One value in, true or false out."""
    a = call.const(0)
    return [tensor(a.shape, map(TESTS[call.op.type], a.values), BOOL)]


def infinite(call: Call) -> list[Const]:
    """IsInf, of either sign."""
    a = call.const(0)
    signs = {
        math.inf: call.count("detect_positive", 1),
        -math.inf: call.count("detect_negative", 1),
    }
    return [tensor(a.shape, [bool(signs.get(v, 0)) for v in a.values], BOOL)]


def binary(call: Call) -> list[Const]:
    """Two numbers or more in, one out, of the first one's type."""
    shape, consts = alike(call)
    rule, dtype = BINARY[call.op.type], dtype_of(consts[0])
    values = spread(consts[0], shape)
    for const in consts[1:]:
        values = tuple([rule(a, b) for a, b in zip(values, spread(const, shape), strict=True)])
    if call.op.type == "Pow" and kind_of(dtype) == "int":
        values = tuple([cast(v, dtype) for v in values])
    return [computed(shape, values, dtype)]


def mean(call: Call) -> list[Const]:
    """The mean of all inputs."""
    shape, consts = alike(call)
    spreads = zip(*[spread(const, shape) for const in consts], strict=True)
    return [computed(shape, [sum(column) / len(consts) for column in spreads], dtype_of(consts[0]))]


def compared(call: Call) -> list[Const]:
    """Two values in, true or false out."""
    shape, (a, b) = alike(call)
    rule = COMPARED[call.op.type]
    return [tensor(shape, map(rule, spread(a, shape), spread(b, shape)), BOOL)]


def modulo(call: Call) -> list[Const]:
    """With the divisor's sign, or with fmod=1 the dividend's."""
    shape, (a, b) = alike(call)
    like_c = call.count("fmod", 0)
    found = []
    for m, n in zip(spread(a, shape), spread(b, shape), strict=True):
        if n == 0 or not math.isfinite(m) or not math.isfinite(n):
            raise UnknownError
        if isinstance(m, int):
            found.append(m - n * divided(m, n) if like_c else m % n)
        else:
            found.append(math.fmod(m, n) if like_c else m % n)
    return [computed(shape, found, dtype_of(a))]


def shifted(call: Call) -> list[Const]:
    """BitShift of unsigned integers."""
    shape, (a, b) = alike(call)
    left = call.word("direction", "") == "LEFT"
    found = []
    for m, n in zip(spread(a, shape), spread(b, shape), strict=True):
        if not 0 <= n < 64 or m < 0:
            raise UnknownError
        found.append(m << n if left else m >> n)
    return [computed(shape, found, dtype_of(a))]


def where(call: Call) -> list[Const]:
    """The second input where the first is true, else the third."""
    test, a, b = call.const(0), call.const(1), call.const(2)
    shape = broadcast(test.shape, a.shape, b.shape)
    columns = zip(spread(test, shape), spread(a, shape), spread(b, shape), strict=True)
    return [tensor(shape, [m if yes else n for yes, m, n in columns], dtype_of(a))]


def clip(call: Call) -> list[Const]:
    """Between two bounds, either of which may be missing."""
    a = number(call)
    if call.opset < 11:
        low, high = call.attributes.get("min"), call.attributes.get("max")
    else:
        low, high = [call.const(at).values[0] if call.has(at) else None for at in (1, 2)]
    values = list(a.values)
    if low is not None:
        values = [most(v, low) for v in values]
    if high is not None:
        values = [least(v, high) for v in values]
    return [computed(a.shape, values, dtype_of(a))]
