"""Files that others made, held against what onnxruntime and torchvision say of them."""

import csv
from math import prod
from pathlib import Path

import pytest

from cnnshape.calculate import calculate
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.onnx import read

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT.parent / "shared" / "truth"
DATA = ROOT / "tests" / "data"

pytestmark = pytest.mark.skipif(not (TRUTH / "onnx").is_dir(), reason="the files are not here")


def rows(name):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def analysed(path):
    network, problems = read(File(str(path)), Options())
    assert not problems
    return calculate(network, network.batch)


LIGHT, VISION = rows("onnx_light_totals.csv"), rows("onnx_torchvision_expected.csv")
#: Files of the table that are here: the others are too large to be kept.
HERE = [row for row in VISION if (TRUTH / row["file"]).is_file()]
#: Elements that feed Conv, Gemm and BatchNormalization by name; ours also follow those that come through a Reshape or an
#: Unsqueeze: the last layer's 1,024,000 weights, and the scales behind each batch norm.
BEHIND = {"light_inception_v1.onnx": 1_024_000, "light_densenet121.onnx": 83_648, "light_inception_v2.onnx": 19_904}


@pytest.mark.parametrize("row", LIGHT, ids=lambda row: row["file"])
def test_light_models_have_the_totals_of_onnxruntime(row):
    report = analysed(TRUTH / "onnx" / "light" / row["file"])
    assert report.totals.macs == int(row["conv_gemm_macs"])
    assert [str(tensor.shape) for tensor in report.outputs] == [row["output"]]
    stored = int(row["elements_feeding_Conv_Gemm_BN_Mul_Add"]) + BEHIND.get(row["file"], 0)
    assert report.totals.params + report.totals.buffers == stored


@pytest.mark.parametrize("name", sorted({row["file"] for row in LIGHT}))
def test_light_models_have_the_shape_and_macs_of_every_node_that_ran(name):
    found = {layer.name: layer for layer in analysed(TRUTH / "onnx" / "light" / name).layers}
    ran = [row for row in rows("onnx_light_tensors.csv") if row["file"] == name]
    held = 0
    for row in ran:
        layer = found.get(row["node"])
        if layer is None:
            assert row["op"] in ("ConstantOfShape", "Unsqueeze", "Reshape"), row  # folded: it makes a weight
            continue
        held += 1
        assert str(layer.output_shapes[0]) == row["output0_shape"], row
        assert layer.macs == int(row["macs"]), row
    assert held >= 0.6 * len(ran)


@pytest.mark.parametrize("row", HERE, ids=lambda row: row["file"])
def test_exports_of_torch_have_the_macs_of_torchvision(row):
    report = analysed(TRUTH / row["file"])
    assert report.totals.macs == int(row["expected_macs_conv_matmul"])
    assert ";".join(str(tensor.shape) for tensor in report.outputs) == row["expected_outputs"]
    assert report.status.params == report.status.macs == "complete"


@pytest.mark.parametrize("row", HERE, ids=lambda row: row["file"])
def test_exports_of_torch_have_as_many_params_and_buffers_as_they_store(row):
    onnx = pytest.importorskip("onnx")
    stored = onnx.load(TRUTH / row["file"], load_external_data=False).graph.initializer
    floats = [prod(tensor.dims) for tensor in stored if tensor.data_type == onnx.TensorProto.FLOAT]
    totals = analysed(TRUTH / row["file"]).totals
    assert totals.params + totals.buffers == sum(count for count in floats if count > 1)


def test_the_files_of_the_table_are_really_there():
    assert len(HERE) == len(list((TRUTH / "onnx" / "torchvision").glob("*.onnx"))) >= 16
    assert len(LIGHT) == len(list((TRUTH / "onnx" / "light").glob("*.onnx"))) == 9
