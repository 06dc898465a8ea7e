"""Small .pt2 archives, written by hand in the form that torch.export.save gives them."""

import io
import json
import zipfile
from pathlib import Path

from cnnshape.calculate import calculate
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.torch import network
from cnnshape.readers.torch.stored import program

DATA = Path(__file__).resolve().parents[1] / "data" / "torch"


def size(n):
    return {"as_int": n} if isinstance(n, int) else {"as_expr": {"expr_str": n[0], "hint": {"as_int": n[1]}}}


def argument(value):
    if isinstance(value, dict):
        return value
    if isinstance(value, bool):
        return {"as_bool": value}
    if isinstance(value, int):
        return {"as_int": value}
    if isinstance(value, float):
        return {"as_float": value}
    if isinstance(value, str):
        return {"as_tensor": {"name": value}}
    if value is None:
        return {"as_none": True}
    if value and isinstance(value[0], str):
        return {"as_tensors": [{"name": name} for name in value]}
    return {"as_ints": list(value)}


def graph(inputs, parameters, calls, outputs, buffers=(), stacks=None):
    """The JSON: inputs and parameters {name: shape}; calls (target, {argument: value}, {output: shape})."""
    tensors = {**inputs, **parameters, **dict(buffers)}
    nodes = []
    for target, args, outs in calls:
        tensors.update({name: shape for name, shape in outs.items() if shape is not None})
        several = len(outs) > 1
        nodes.append(
            {
                "target": target if target.startswith(("torch.", "_operator")) else f"torch.ops.aten.{target}",
                "inputs": [{"name": name, "arg": argument(value), "kind": 1} for name, value in args.items()],
                "outputs": [{"as_tensors": [{"name": n} for n in outs]}]
                if several
                else [
                    {"as_tensor": {"name": n}} if outs[n] is not None else {"as_sym_int": {"as_name": n}} for n in outs
                ],
                "metadata": {"nn_module_stack": (stacks or {}).get(next(iter(outs), ""), "")},
            }
        )
    specs = [
        {"parameter": {"arg": {"name": name}, "parameter_name": name.removeprefix("p_").replace("_", ".")}}
        for name in parameters
    ]
    specs += [{"buffer": {"arg": {"name": name}, "buffer_name": name.removeprefix("b_")}} for name in dict(buffers)]
    specs += [{"user_input": {"arg": {"as_tensor": {"name": name}}}} for name in inputs]
    values = {
        name: {"dtype": 7, "sizes": [size(n) for n in shape], "requires_grad": name in parameters}
        for name, shape in tensors.items()
    }
    return {
        "graph_module": {
            "graph": {
                "inputs": [],
                "outputs": [],
                "nodes": nodes,
                "tensor_values": values,
                "sym_int_values": {},
            },
            "signature": {
                "input_specs": specs,
                "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": name}}}} for name in outputs],
            },
        },
        "schema_version": {"major": 8, "minor": 20},
    }


def archive(text, name="net/models/model.json", packed=False, **more):
    """The bytes of a zip archive with the JSON (bytes, text or data) in it."""
    if not isinstance(text, (bytes, str)):
        text = json.dumps(text)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as out:
        out.writestr("net/archive_format", "pt2")
        out.writestr(name, text)
        for key, value in more.items():
            out.writestr(key, value)
    return held.getvalue()


def walked(data, **options):
    """(network, problems, walk) of the bytes of an archive."""
    file = File("net.pt2", data)
    return network(program(file), file.name, Options(**options))


def reported(data, **options):
    """The report of the bytes of an archive; it must have no problem."""
    found, problems, _ = walked(data, **options)
    assert not problems, problems
    return calculate(found, found.batch)


def rows(report):
    """{name: row}."""
    return {row.name: row for row in report.layers}


#: A convolution with its norm, twice the same linear layer, a branch.
NET = graph(
    {"x": (2, 3, 7, 11)},
    {
        "p_conv_weight": (5, 3, 3, 3),
        "p_bn_weight": (5,),
        "p_bn_bias": (5,),
        "p_fc_weight": (11, 11),
        "p_fc_bias": (11,),
    },
    [
        (
            "conv2d.default",
            {"input": "x", "weight": "p_conv_weight", "bias": None, "stride": [1, 1], "padding": [1, 1]},
            {"conv": (2, 5, 7, 11)},
        ),
        (
            "batch_norm.default",
            {
                "input": "conv",
                "weight": "p_bn_weight",
                "bias": "p_bn_bias",
                "running_mean": "b_mean",
                "running_var": "b_var",
                "training": False,
            },
            {"bn": (2, 5, 7, 11)},
        ),
        ("linear.default", {"input": "bn", "weight": "p_fc_weight", "bias": "p_fc_bias"}, {"one": (2, 5, 7, 11)}),
        ("linear.default", {"input": "one", "weight": "p_fc_weight", "bias": "p_fc_bias"}, {"two": (2, 5, 7, 11)}),
        ("add.Tensor", {"self": "two", "other": "bn"}, {"add": (2, 5, 7, 11)}),
    ],
    ["add"],
    buffers={"b_mean": (5,), "b_var": (5,)},
    stacks={
        "conv": "L__self__,,net.Net;L__self___block,block,net.Block;L__self___conv,block.conv,torch.nn.modules.conv.Conv2d",
        "add": "L__self__,,net.Net;L__self___block,block,net.Block",
    },
)
