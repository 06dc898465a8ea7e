"""A forward pass beside torch's and beside onnx's ReferenceEvaluator, `verify` beside the bare pass, and memory.

Every engine runs in a process of its own (their threads would disturb one another), on the same weights and as many
threads; processes take turns, and the ratio is that of each pair. Needs torch and onnx.

    python tests/benchmarks/forward.py [MODEL ...]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median
from time import perf_counter, process_time

MODELS = ("alexnet", "vgg16", "resnet50", "mobilenet_v2")
THREADS = str(min(2, os.cpu_count() or 1))
ROUNDS, PASSES = 5, 9


def run(engine: str, model: str) -> None:
    """One process: the median seconds of a pass after one that does not count, by the clock and by all processors
    together, and the peak of its memory."""
    import resource

    from cnnshape.api import analyze_network
    from cnnshape.forward.run import execute, feed
    from cnnshape.forward.weights import Weights

    network, report = analyze_network(f"zoo:{model}")
    kept = engine not in ("verify", "lean")
    weights = Weights(0, "float32", keep=kept)
    inputs = feed(network, weights, 1)
    passes = PASSES
    if engine in ("cnnshape", "lean"):
        if engine == "lean":
            passes = 1  # weights are made and given back: this is about memory

        def call() -> None:
            execute(network, list(inputs), weights)
    elif engine == "verify":
        from cnnshape.verify import verify

        def call() -> None:
            assert verify(network, report).verified
    elif engine == "torch":
        import torch

        from cnnshape.against.walk import outputs

        torch.set_num_threads(int(THREADS))
        fed = {t.name: array for t, array in zip(network.inputs, inputs, strict=True)}

        def call() -> None:
            with torch.inference_mode():
                outputs(network, weights, fed)
    else:
        from onnx.reference import ReferenceEvaluator

        from cnnshape.writers.onnx import to_onnx

        evaluator = ReferenceEvaluator(to_onnx(network, report, weights=weights))
        fed = {t.name: array for t, array in zip(network.inputs, inputs, strict=True)}
        passes = 1

        def call() -> None:
            evaluator.run(None, fed)

    if engine != "reference":
        call()
    times = []
    for _ in range(passes):
        begin = perf_counter(), process_time()
        call()
        times.append((perf_counter() - begin[0], process_time() - begin[1]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {
                "seconds": median([wall for wall, _ in times]),
                "processor": median([busy for _, busy in times]),
                "peak": peak,
                "params": report.totals.param_bytes,
                "activations": report.totals.peak_activation_bytes,
            }
        )
    )


def measured(engine: str, model: str) -> dict:
    """The answer of one process."""
    environment = {**os.environ, "OMP_NUM_THREADS": THREADS, "OPENBLAS_NUM_THREADS": THREADS}
    command = [sys.executable, __file__, engine, model]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def compared(name: str, engines: tuple[str, str], model: str, rounds: int) -> str:
    """The median ratio of pairs of processes."""
    pairs = [(measured(engines[0], model), measured(engines[1], model)) for _ in range(rounds)]
    a, b = (median([pair[i]["seconds"] for pair in pairs]) * 1000 for i in (0, 1))
    ratios = [x["seconds"] / y["seconds"] for x, y in pairs]
    busy = median([x["processor"] / y["processor"] for x, y in pairs])
    return f"{model:<14} {name:<22} {a:>9.1f} {b:>9.1f} {median(ratios):>7.3f} {min(ratios):>7.3f} {max(ratios):>7.3f} {busy:>10.3f}"


def main(models: list[str]) -> None:
    """One line for each comparison."""
    print(f"{'model':<14} {'A / B':<22} {'A ms':>9} {'B ms':>9} {'A/B':>7} {'least':>7} {'most':>7} {'processor':>10}")
    for model in models:
        print(compared("forward / torch", ("cnnshape", "torch"), model, ROUNDS), flush=True)
        print(compared("forward / reference", ("cnnshape", "reference"), model, 3), flush=True)
        print(compared("verify / forward", ("verify", "cnnshape"), model, 3), flush=True)
        lean = measured("lean", model)
        room = lean["params"] + 1.5 * lean["activations"] + 100 * 2**20
        print(
            f"{model:<14} peak memory {lean['peak'] / 2**20:.0f} MiB of {room / 2**20:.0f} MiB (weights, 1.5 activations, 100 MiB)"
        )


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("cnnshape", "lean", "verify", "torch", "reference"):
        run(*sys.argv[1:])
    else:
        main(sys.argv[1:] or list(MODELS))
