"""Small Keras models written by hand, in the notations of Keras 2 and 3, and the reading of them."""

import json
from pathlib import Path

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.keras import read

DATA = Path(__file__).parents[1] / "data"
TRUTH = Path(__file__).resolve().parents[2].parent / "shared" / "truth"


def report(config, **options):
    """A report of a configuration; ModelError with everything that is wrong."""
    data = config if isinstance(config, bytes) else json.dumps(config).encode()
    network, problems = read(File("model.json", data), Options(**options))
    if problems:
        raise ModelError(problems)
    return calculate(network, network.batch)


def problems(config, **options):
    """The problems that reading or calculating raises; none is []."""
    try:
        report(config, **options)
    except ModelError as error:
        return list(error.problems)
    return []


def layer(kind, name=None, **config):
    """An entry of a Sequential model."""
    return {"class_name": kind, "config": {"name": name or kind.lower(), **config}}


def source(*shape, name="x", batch=None):
    """An input, channels last."""
    return layer("InputLayer", name, batch_shape=[batch, *shape])


def sequential(*layers, **config):
    """Layers in a row."""
    return {"class_name": "Sequential", "config": {"name": "net", "layers": list(layers), **config}}


def tensor(name, node=0, index=0, shape=None):
    """Keras 3's notation of an output."""
    config = {"shape": shape, "dtype": "float32", "keras_history": [name, node, index]}
    return {"class_name": "__keras_tensor__", "config": config}


def call3(entry, *calls, kwargs=None, module=""):
    """An entry of a Functional model of Keras 3; each call is its positional arguments."""
    nodes = [{"args": list(args), "kwargs": kwargs or {}} for args in calls]
    more = {"module": module} if module else {}
    return {**entry, **more, "name": entry["config"]["name"], "inbound_nodes": nodes}


def call2(entry, *calls):
    """The same of Keras 2: each call is a list of [name, node, tensor, kwargs]."""
    return {**entry, "name": entry["config"]["name"], "inbound_nodes": [list(call) for call in calls]}


def functional(layers, inputs, outputs, **config):
    """A graph of layers."""
    ends = {"input_layers": [[name, 0, 0] for name in inputs], "output_layers": outputs}
    return {"class_name": "Functional", "config": {"name": "net", "layers": layers, **ends, **config}}


def seen(shape, keras):
    """Whether one of our shapes is Keras': the same, or with what we hold in front of the space behind it."""
    ours = list(shape)[1:]
    return any([*ours[k:], *ours[:k]] == keras for k in range(max(1, len(ours))))


def rows(report_, name):
    """Every row of one Keras layer: its own, and those that its activation and the like are."""
    return [row for row in report_.layers if row.path[0] == name or row.path[0].startswith(f"{name}_")]
