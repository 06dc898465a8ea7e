"""Ten million combinations of kernel, stride, padding and dilation, tried for one size and for an image."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from cnnshape.solve import Space, solve
from cnnshape.solve.windows import combinations

ROUNDS = 7
HUNDRED = tuple(range(1, 101))
SPACE = Space(HUNDRED, HUNDRED, tuple(range(100)), tuple(range(1, 11)))
TRANSPOSED = Space(HUNDRED, HUNDRED, tuple(range(100)), (1,), tuple(range(10)))
QUESTIONS = {
    "conv 1031 -> 128": ("conv", (1031,), (128,), SPACE),
    "conv 1031x1031 -> 128x128": ("conv", (1031, 1031), (128, 128), SPACE),
    "max_pool 1024x1024 -> 128x128": ("max_pool", (1024, 1024), (128, 128), SPACE),
    "conv_transpose 64x64 -> 127x127": ("conv_transpose", (64, 64), (127, 127), TRANSPOSED),
    "conv 30x31 -> 400x400, nothing fits": ("conv", (30, 31), (400, 400), SPACE),
}


def main() -> None:
    print(f"{'question':<38} {'combinations':>13} {'fit':>7} {'seconds':>8}")
    for name, (kind, size, wanted, space) in QUESTIONS.items():
        times = []
        for _ in range(ROUNDS):
            begin = perf_counter()
            found = solve(kind, size, wanted, space)
            times.append(perf_counter() - begin)
        print(f"{name:<38} {combinations(kind, space):>13,} {found.count * found.exact:>7,} {median(times):>8.2f}")


if __name__ == "__main__":
    main()
