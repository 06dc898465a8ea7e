"""Thousands of random networks against onnx, onnxruntime, our own ONNX reader, and torch where it is installed.

    python tests/long/differential.py --networks 20000 --seed 0 --jobs 2

Prints each difference with the number of its network, which names it for good, and exits with 1 when there is one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
import traceback
from collections import Counter
from importlib.util import find_spec
from itertools import repeat
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), *[str(TESTS / room) for room in ("differential", "layers")]]


def one(job):
    """(number, kinds, what differs) of one network; an exception differs too."""
    seed, number = job
    from compared import differences
    from drawn_networks import draw_network

    network, batch = draw_network(random.Random(f"{seed}-{number}"))
    kinds = [node.layer.kind for node in network.nodes]
    try:
        return number, kinds, differences(network, batch)
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        return number, kinds, [traceback.format_exc(limit=-3)]


def _alone():
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    started, kinds, wrong = time.perf_counter(), Counter(), 0
    numbers = range(given.first, given.first + given.networks)
    with multiprocessing.get_context("spawn").Pool(given.jobs, _alone) as pool:
        for number, found, what in pool.imap_unordered(one, zip(repeat(given.seed), numbers, strict=False), 20):
            kinds.update(found)
            wrong += bool(what)
            for line in what:
                sys.stdout.write(f"{number}: {line}\n")
            sys.stdout.flush()
    engines = ", ".join(name for name in ("onnx", "onnxruntime", "torch") if find_spec(name))
    took = time.perf_counter() - started
    sys.stdout.write(
        f"{given.networks:,} networks of {kinds.total():,} layers, {len(kinds)} kinds, against {engines} and our own "
        f"reader: {wrong} differ; {took:.0f} s\n"
    )
    return sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
