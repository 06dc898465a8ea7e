"""Whole processes on a VGG-16 of 550 MB: `analyze` against onnx with its shape inference, and onnx-tool if it is there.

    python tests/benchmarks/reading.py [python-with-onnx-tool]

onnx-tool wants an environment of its own. The small network has the same layers with a tenth of the channels.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from paired import in_turn, table

import cnnshape
from cnnshape.api import analyze_network
from cnnshape.forward.weights import Weights
from cnnshape.writers.onnx import write_onnx

ONNX = "import sys, onnx; m = onnx.load(sys.argv[1]); print(len(onnx.shape_inference.infer_shapes(m).graph.value_info))"
TOOL = "import sys, onnx_tool; onnx_tool.model_profile(sys.argv[1])"
ROUNDS = 5


def spec(scale: int) -> str:
    """VGG-16 with every width divided."""
    lines = ["input: 3x224x224", "layers:"]
    for width, convs in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        conv = f"  - conv: {{out_channels: {width // scale}, kernel_size: 3, padding: 1}}\n  - relu"
        lines += [conv] * convs + ["  - max_pool: 2"]
    lines += ["  - flatten"]
    lines += [f"  - linear: {4096 // scale}\n  - relu\n  - dropout"] * 2 + ["  - linear: 1000"]
    return "\n".join(lines) + "\n"


def written(folder: Path, scale: int) -> Path:
    text, path = folder / f"{scale}.yaml", folder / f"{scale}.onnx"
    text.write_text(spec(scale), encoding="utf-8")
    network, report = analyze_network(str(text))
    with path.open("wb") as out:
        write_onnx(out, network, report, weights=Weights(0))
    return path


def peak(command: list[str]) -> int:
    """KiB of the largest resident set; a child of a process that holds little, as the figure begins with the parent's."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    return int(subprocess.run([sys.executable, "-c", code, *command], capture_output=True, check=True).stdout)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small = written(folder, 1), written(folder, 10)
        env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = str(folder / "cache")
        env["PYTHONPATH"] = str(Path(cnnshape.__file__).parents[1])

        def process(*command: str):
            return lambda: subprocess.run(command, capture_output=True, check=True, env=env)

        ours = [sys.executable, "-m", "cnnshape", "analyze"]
        rows = []
        print(f"{large.stat().st_size:,} bytes, and {small.stat().st_size:,}")
        pairs = [
            ("large / small", process(*ours, str(large)), process(*ours, str(small))),
            (
                "onnx.load, infer_shapes / analyze",
                process(sys.executable, "-c", ONNX, str(large)),
                process(*ours, str(large)),
            ),
        ]
        if len(sys.argv) > 1:
            pairs.append(
                ("onnx-tool / analyze", process(sys.argv[1], "-c", TOOL, str(large)), process(*ours, str(large)))
            )
        for label, a, b in pairs:
            rows.append((label, *in_turn(a, b, ROUNDS, warmup=1)))
        table(rows)
        print(
            f"peak of analyze: {peak([*ours, str(large)]) / 1024:.0f} MiB, {peak([*ours, str(small)]) / 1024:.0f} MiB"
        )


if __name__ == "__main__":
    main()
