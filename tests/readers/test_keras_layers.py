"""Every layer against Keras itself: its output shape, count_params() and trainable weights, of Keras 2 and 3."""

import csv
import json

import pytest
from keras_files import DATA, layer, report, seen, sequential, source


def table(version):
    with (DATA / f"keras{version}_layers.csv").open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


CASES = [(version, row) for version in "23" for row in table(version)]


@pytest.mark.parametrize(("version", "row"), CASES, ids=[f"{v}-{r['class']}-{k}" for k, (v, r) in enumerate(CASES)])
def test_a_layer_has_the_shape_and_params_that_keras_gives(version, row):
    config = json.loads(row["config"])
    if "layer" in config:
        config["layer"] = layer(config["layer"][0], "inner", **config["layer"][1])
    inputs, wanted = ([int(n) for n in row[key].split("x") if n != "None"] for key in ("input", "output"))
    assert "None" not in row["output"]
    found = report(sequential(source(*inputs), layer(row["class"], "tested", **config)))
    assert seen(found.outputs[0].shape, wanted)
    assert found.totals.params + found.totals.buffers == int(row["params"])
    assert found.totals.trainable_params == int(row["trainable"])
    assert found.status.params == "complete"
