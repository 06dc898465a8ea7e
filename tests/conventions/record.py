"""Run the real counting tools and write down what they report: tests/data/tools/*.json.

The tests read the recordings and need none of this. To record again, in an environment with torch and torchvision, then
torchinfo, fvcore, ptflops, thop, calflops, onnx, onnx-tool and cnnshape itself (`--no-deps` for those that ask for
another torch):

    python tests/conventions/record.py torch
    python tests/conventions/record.py onnx      # also writes and reads ONNX files in a folder of its own
    python tests/conventions/record.py keras     # in an environment with tensorflow and keras
"""

import contextlib
import datetime as dt
import io
import json
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
DATA = Path(__file__).parent.parent / "data" / "tools"

#: The networks of torchvision, by their name there and in the zoo.
TORCHVISION = (
    "alexnet",
    "vgg16",
    "resnet50",
    "mobilenet_v2",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "convnext_tiny",
    "vit_b_16",
    "squeezenet1_1",
    "mobilenet_v3_large",
    "regnet_y_400mf",
    "inception_v3",
    "shufflenet_v2_x1_0",
    "mnasnet1_0",
)


def modules():
    """Each network as (name, module, input shape with the batch)."""
    import networks
    import torchvision

    for name in TORCHVISION:
        inception = name in ("googlenet", "inception_v3")
        more = {"aux_logits": False, "init_weights": False, "transform_input": False} if inception else {}
        size = 299 if name == "inception_v3" else 224
        build = partial(torchvision.models.get_model, name, weights=None, **more)
        yield name, build, (3, size, size)
    yield "unet", networks.UNet, (1, 572, 572)
    yield "odds", networks.odds, (3, 22, 26)
    yield "sequence", networks.Sequence, (4, 26)
    yield "volume", networks.Volume, (2, 5, 14, 22)


def by_torchinfo(module, x):
    from torchinfo import summary

    found = summary(module, input_data=x, verbose=0)
    return found.total_params, {"mult_adds": found.total_mult_adds}


def by_fvcore(module, x):
    from fvcore.nn import FlopCountAnalysis, parameter_count

    found = FlopCountAnalysis(module, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return parameter_count(module)[""], {"flops": int(found.total())}


def by_ptflops(module, x, backend):
    from ptflops import get_model_complexity_info

    with contextlib.redirect_stdout(io.StringIO()):
        macs, params = get_model_complexity_info(
            module, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend=backend
        )
    return params, {"macs": int(macs)}


def by_thop(module, x):
    import thop

    macs, params = thop.profile(module, (x,), verbose=False)
    return int(params), {"macs": int(macs)}


def by_calflops(module, x):
    from calflops import calculate_flops

    flops, macs, params = calculate_flops(
        module, input_shape=tuple(x.shape), print_results=False, output_as_string=False
    )
    return params, {"flops": int(flops), "macs": int(macs)}


def by_torch(module, x):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as mode:
        module(x)
    return sum(p.numel() for p in module.parameters()), {"flops": mode.get_total_flops()}


TORCH = {
    "torchinfo": ("torchinfo", by_torchinfo),
    "fvcore": ("fvcore", by_fvcore),
    "ptflops": ("ptflops", lambda m, x: by_ptflops(m, x, "pytorch")),
    "ptflops-aten": ("ptflops", lambda m, x: by_ptflops(m, x, "aten")),
    "thop": ("thop", by_thop),
    "calflops": ("calflops", by_calflops),
    "torch": ("torch", by_torch),
}


def record_torch(only=""):
    import torch

    rows = []
    for name, build, shape in modules():
        if only and name != only:
            continue
        for tool, (package, run) in TORCH.items():
            module = build().eval()
            params, figures = run(module, torch.rand(1, *shape))  # gradients stay on, as in the tools' own examples
            rows.append({"tool": tool, "version": version(package), "model": name, "params": params, **figures})
            print(rows[-1], flush=True)  # noqa: T201 - progress of a long run
    return rows, {"torch": version("torch"), "torchvision": version("torchvision")}


#: Specs that onnx-tool and Keras see: our own networks, written by us in their form.
SPECS = {
    **{f"zoo:{name}": name for name in ("alexnet", "lenet5", "resnet50", "mobilenet_v2", "densenet121")},
    **{f"zoo:{name}": name for name in ("efficientnet_b0", "googlenet", "unet", "convnext_tiny")},
    "zoo:vgg16": "vgg16",
    **{str(DATA / f"{name}.yaml"): name for name in ("vit_b_16", "volume")},
}
#: What the builder for Keras cannot write.
NO_KERAS = ("alexnet", "convnext_tiny", "vit_b_16", "volume")


def record_onnx(only=""):
    import subprocess
    import tempfile

    import numpy as np
    import onnx_tool

    rows = []
    for source, name in SPECS.items():
        if only and name != only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            subprocess.run([sys.executable, "-m", "cnnshape", "convert", source, "-o", path], check=True)
            model = onnx_tool.Model(str(path), {"verbose": False})
            model.graph.graph_reorder_nodes()
            model.graph.shape_infer(None)
            model.graph.profile()
        graph = model.graph
        row = {"tool": "onnx-tool", "version": version("onnx-tool"), "model": name, "params": int(graph.params)}
        row["constants"] = sum(
            graph.tensormap[key].get_numpy().size
            for key in graph.initials
            if graph.tensormap[key].dtype in ("int64", np.int64)
        )  # where to reshape, cut and split: tensors of the file that are no weights, which the tool adds up as well
        rows.append({**row, "macs": int(graph.macs[0])})
        print(rows[-1], flush=True)  # noqa: T201 - progress of a long run
        if only:
            for node in graph.nodemap.values():
                print(f"{node.op_type:20} {node.macs[0]:>12} {node.params}")  # noqa: T201 - to look closer
    return rows, {"onnx": version("onnx")}


def record_keras(only=""):
    from record_keras import built, profiled

    from cnnshape import api

    rows = []
    for source, name in SPECS.items():
        if name in NO_KERAS or (only and name != only):
            continue
        model = built(*api.analyze_network(source))
        params, flops = model.count_params(), profiled(model)
        rows.append({"tool": "keras", "version": version("keras"), "model": name, "params": params})
        rows.append({"tool": "tf", "version": version("tensorflow"), "model": name, "params": params, "flops": flops})
        print(rows[-1], flush=True)  # noqa: T201 - progress of a long run
    return rows, {"tensorflow": version("tensorflow")}


def written(stem, rows, with_versions):
    head = {"recorded": dt.datetime.now(dt.UTC).date().isoformat(), "with": with_versions}
    DATA.mkdir(exist_ok=True)
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    (DATA / f"{stem}.json").write_text(f'{{"head": {json.dumps(head)},\n "rows": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    found = {"torch": record_torch, "onnx": record_onnx, "keras": record_keras}[what](*rest)
    if not rest:
        written(f"{what}_tools", *found)
