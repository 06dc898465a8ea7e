"""Whole processes against a typer program of one command that prints one line, in the same environment.

Both run from compiled modules, as after `pip install`: an editable checkout is compiled into a folder of its own first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from paired import in_turn, table

YARDSTICK = Path(__file__).with_name("yardstick.py")
SPEC = "input: 3x64x64\nlayers:\n" + "".join(
    f"  - conv: {{out_channels: {8 * n}, kernel_size: 3, padding: 1, bias: false}}\n  - batch_norm\n  - relu\n"
    for n in range(1, 17)
)
COMMANDS = {
    "analyze zoo:resnet50 --format json": "",
    "analyze zoo:resnet50": "",
    "analyze -": SPEC,
    "get zoo:resnet50 params macs": "",
    "layer conv 3x32x32 out_channels=10 kernel_size=5 padding=2": "",
    "--help": "",
}
ROUNDS = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = folder

        def process(*command: str, text: str = ""):
            return lambda: subprocess.run(command, input=text.encode(), capture_output=True, check=True, env=env)

        one_line = process(sys.executable, str(YARDSTICK))
        rows = []
        for command, text in COMMANDS.items():
            ours = process(sys.executable, "-m", "cnnshape", *command.split(), text=text)
            rows.append((command, *in_turn(ours, one_line, ROUNDS)))
        table(rows)


if __name__ == "__main__":
    main()
