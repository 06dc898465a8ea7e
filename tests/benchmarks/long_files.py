"""Long chains in the foreign formats: processor time and memory for a node, from file to Network (on Linux).

    python tests/benchmarks/long_files.py [nodes]

Each run is a process of its own; memory is the growth of its resident set over what it had before the file was read.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "readers"))
from keras_files import functional, layer, source
from test_hostile_files import node, onnx
from torch_archives import archive, graph

READ = """
import importlib, re, sys, time
from pathlib import Path
from cnnshape.readers import Options, read
from cnnshape.readers.file import File
path, form = sys.argv[1:]
importlib.import_module(f"cnnshape.readers.{form}")
peak = lambda: int(re.search("VmHWM: *(\\d+)", Path("/proc/self/status").read_text().replace("\\t", " ")).group(1))
before, start = peak(), time.process_time()
network, problems = read(File(path), form, Options())
assert not problems
print(len(network.nodes), time.process_time() - start, 1024 * (peak() - before))
"""


def chains(nodes: int) -> dict[str, tuple[str, bytes]]:
    """ReLUs in a row; Darknet has its dropout instead."""
    names = ["x", *[f"r{n}" for n in range(nodes)]]
    steps = list(pairwise(names))
    entries = [{**layer("ReLU", b), "name": b, "inbound_nodes": [[[a, 0, 0, {}]]]} for a, b in steps]
    config = functional([{**source(7, 11, 3), "name": "x", "inbound_nodes": []}, *entries], ["x"], [[names[-1], 0, 0]])
    calls = [("relu.default", {"self": a}, {b: (2, 3)}) for a, b in steps]
    caffe = 'input: "x"\ninput_shape { dim: 1 dim: 3 dim: 7 dim: 11 }\n' + "".join(
        f'layer {{ name: "{b}" type: "ReLU" bottom: "{a}" top: "{b}" }}\n' for a, b in steps
    )
    darknet = "[net]\nheight=7\nwidth=11\nchannels=3\n" + "[dropout]\nprobability=.5\n" * nodes
    relus = [node(b"Relu", a.encode(), b.encode()) for a, b in steps]
    return {
        "onnx": ("net.onnx", onnx(*relus, out=names[-1].encode())),
        "keras": ("net.json", json.dumps(config).encode()),
        "caffe": ("net.prototxt", caffe.encode()),
        "darknet": ("net.cfg", darknet.encode()),
        "torch": ("net.pt2", archive(graph({"x": (2, 3)}, {}, calls, [names[-1]]), packed=True)),
    }


def main() -> None:
    nodes = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        for form, (name, data) in chains(nodes).items():
            path = Path(folder, name)
            path.write_bytes(data)
            done = subprocess.run([sys.executable, "-c", READ, str(path), form], capture_output=True, check=True)
            count, seconds, size = map(float, done.stdout.split())
            print(f"{form:8} {count:9,.0f} nodes  {1e6 * seconds / count:6.1f} us  {size / count:6.0f} bytes a node")


if __name__ == "__main__":
    main()
