"""A chain of 100,000 layers against one of 1,000, from YAML text to Report: time and memory for each layer.

Every run is a process of its own, so that its peak memory is its own; long and short runs take turns. The short chain
is read as often as its process needs to be timed well, after one run that loads everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from time import perf_counter

LONG, SHORT = 100_000, 1_000
ROUNDS = 5
#: Pairs of layers: the input keeps its size, so that every layer costs the same.
PAIR = "  - conv: {out_channels: 8, kernel_size: 3, padding: 1}\n  - relu\n"
FORMS = {
    "written out": lambda layers: "input: 8x13x17\nlayers:\n" + PAIR * (layers // 2),
    "as a repeat": lambda layers: (
        f"input: 8x13x17\nlayers:\n  - repeat: {layers // 2}\n    layers:\n" + PAIR.replace("  -", "      -")
    ),
}


def run(form: str, layers: int) -> None:
    """One process: seconds for a layer, and bytes of peak memory for a layer beyond what a short chain needed."""
    import resource

    import cnnshape

    short = FORMS[form](SHORT)
    cnnshape.analyze_text(short)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = FORMS[form](layers)
    times = []
    for _ in range(1 if layers == LONG else 15):
        begin = perf_counter()
        report = cnnshape.analyze_text(text)
        times.append(perf_counter() - begin)
        assert len(report.layers) == layers
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": median(times) / layers, "bytes": (after - before) * 1024 / layers}))


def main() -> None:
    print(f"{'chain':<12} {'us/layer of 1,000':>18} {'us/layer of 100,000':>20} {'ratio':>6} {'KiB/layer':>10}")
    for form in FORMS:
        pairs = [(measured(form, SHORT), measured(form, LONG)) for _ in range(ROUNDS)]
        short = median([a["seconds"] for a, _ in pairs]) * 1e6
        long = median([b["seconds"] for _, b in pairs]) * 1e6
        ratio = median([b["seconds"] / a["seconds"] for a, b in pairs])
        kib = median([b["bytes"] for _, b in pairs]) / 1024
        print(f"{form:<12} {short:>18.2f} {long:>20.2f} {ratio:>6.2f} {kib:>10.2f}")


def measured(form: str, layers: int) -> dict:
    """The answer of one process."""
    done = subprocess.run([sys.executable, __file__, form, str(layers)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run(sys.argv[1], int(sys.argv[2]))
    else:
        main()
