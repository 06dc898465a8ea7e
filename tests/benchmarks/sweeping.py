"""500 input sizes of a network, with what repeats in them, against one calculation of it; both take turns.

`walk` is the numbers of the sizes alone; `sweep` is all that `cnnshape sizes` shows, with patterns, period and law.
"""

from __future__ import annotations

import sys
from statistics import median
from time import perf_counter

import cnnshape.api
from cnnshape.calculate import calculate
from cnnshape.sizes import sweep
from cnnshape.sizes.sweeping import Images

ROUNDS = 40
SIZES = range(32, 532)


def seconds(call) -> float:
    begin = perf_counter()
    call()
    return perf_counter() - begin


def main() -> None:
    print(f"{'network':<16} {'one, ms':>8} {'walk, ms':>9} {'sweep, ms':>10} {'walk/one':>9} {'sweep/one':>10}")
    for name in sys.argv[1:] or ("resnet50", "mobilenet_v2", "vgg16", "densenet121"):
        network = cnnshape.api.load(f"zoo:{name}")
        images = Images(network, 1)
        sizes = [(n, n) for n in SIZES]
        calls = (lambda: calculate(network), lambda: images.columns(sizes), lambda: sweep(network, SIZES))  # noqa: B023
        for call in calls:
            call()
        rounds = [[seconds(call) for call in calls] for _ in range(ROUNDS)]
        one, walked, swept = (median(times) * 1e3 for times in zip(*rounds, strict=True))
        print(
            f"{name:<16} {one:>8.2f} {walked:>9.2f} {swept:>10.2f} "
            f"{median(times[1] / times[0] for times in rounds):>9.2f} "
            f"{median(times[2] / times[0] for times in rounds):>10.2f}"
        )


if __name__ == "__main__":
    main()
