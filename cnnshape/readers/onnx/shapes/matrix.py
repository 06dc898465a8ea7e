"""Products of matrices."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Size, Sizes, broadcast, misfit, text, wrong


def product(a: Size, b: Size) -> Size:
    """NumPy's matmul: the last two axes multiply, those before broadcast."""
    if not a or not b:
        raise misfit("a scalar has no product of matrices")
    left, right = (1, *a) if len(a) == 1 else a, (*b, 1) if len(b) == 1 else b
    if left[-1] != right[-2]:
        raise misfit(f"{text(a)} and {text(b)} do not multiply: {left[-1]} is not {right[-2]}")
    found = broadcast(left[:-2], right[:-2])
    return found + (left[-2],) * (len(a) > 1) + (right[-1],) * (len(b) > 1)


def matmul(call: Call) -> Sizes:
    """MatMul, MatMulInteger."""
    return [product(call.x(), call.x(1))]


def qlinear_matmul(call: Call) -> Sizes:
    """QLinearMatMul: the second factor is the fourth input."""
    return [product(call.x(), call.x(3))]


def gemm(call: Call) -> Sizes:
    """Two matrices, either of them transposed, and something added."""
    a, b = call.x(0, 2), call.x(1, 2)
    a = a[::-1] if call.count("transA", 0) else a
    b = b[::-1] if call.count("transB", 0) else b
    if a[1] != b[0]:
        raise misfit(f"{text(a)} and {text(b)} do not multiply: {a[1]} is not {b[0]}")
    found = (a[0], b[1])
    if call.has(2) and call.shapes[2] is not None and call.opset >= 7 and broadcast(found, call.shapes[2]) != found:
        raise misfit(f"{text(call.shapes[2])} does not broadcast to {text(found)}")
    return [found]


def det(call: Call) -> Sizes:
    """One number per square matrix."""
    x = call.x()
    if len(x) < 2 or x[-1] != x[-2]:
        raise misfit(f"{text(x)} is no square matrix")
    return [x[:-2]]


def einsum(call: Call) -> Sizes:
    """Letters name axes; an ellipsis stands for axes that broadcast."""
    equation = call.word("equation", "").replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms, xs = left.split(","), call.xs()
    if not equation or len(terms) != len(xs):
        raise wrong(f"the equation has {len(terms)} terms, the operator has {len(xs)} inputs")
    sizes: dict[str, int] = {}
    dots: Size = ()
    seen: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        front, ellipsis, back = term.partition("...")
        many = len(x) - len(front) - len(back)
        if many < 0 or (many and not ellipsis) or "." in front + back:
            raise misfit(f"{term[:40]!r} does not name the {len(x)} axes of {text(x)}")
        dots = broadcast(dots, x[len(front) : len(front) + many])
        for letter, n in zip(front + back, x[: len(front)] + x[len(front) + many :], strict=True):
            if sizes.setdefault(letter, n) != n:
                if n != 1 and sizes[letter] != 1:
                    raise misfit(f"{letter!r} is {sizes[letter]} and {n}")
                sizes[letter] = max(n, sizes[letter])
            seen[letter] = seen.get(letter, 0) + 1
    if not arrow:
        right = "..." * ("..." in left) + "".join(sorted(letter for letter, times in seen.items() if times == 1))
    front, ellipsis, back = right.partition("...")
    if any(letter not in sizes for letter in front + back):
        raise wrong(f"{right[:40]!r} names an axis that no input has")
    return [tuple([sizes[c] for c in front]) + (dots if ellipsis else ()) + tuple([sizes[c] for c in back])]


def affine_grid(call: Call) -> Sizes:
    """One coordinate per position of the size asked for."""
    size = call.ints(1)
    if len(size) not in (4, 5):
        raise wrong(f"size has {len(size)} numbers, not 4 or 5")
    return [(size[0], *size[2:], len(size) - 2)]
