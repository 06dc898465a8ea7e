"""Every file of the reference collection, held against what BVLC Caffe itself gave for it; see docs/readers/caffe.md."""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.caffe import read
from cnnshape.readers.file import File

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT.parent / "shared" / "truth"
here = pytest.mark.skipif(not TRUTH.is_dir(), reason="the reference files are not here")

#: Sizes that live in a data base; the engine's run took the same.
FED = {
    "cifar10": (3, 32, 32),
    "lenet_train_test": (1, 28, 28),
    "mnist_autoencoder": (1, 28, 28),
    "mnist_siamese_train_test": (2, 28, 28),
    "hdf5_classification": (4,),
}
#: Files from which no network can be made, with the code of the first error.
REFUSED = {
    "caffe/mobilenet-ssd/template__MobileNetSSD_deploy_template.prototxt": "CNN-E803",
    "caffe/mobilenet-ssd/template__MobileNetSSD_test_template.prototxt": "CNN-E803",
    "caffe/mobilenet-ssd/template__MobileNetSSD_train_template.prototxt": "CNN-E803",
    "caffe/netscope-dgschwend/fcn-16s.prototxt": "CNN-E301",
}


def table(path):
    with path.open() as text:
        return list(csv.DictReader(line for line in text if not line.startswith("#")))


def sizes(text):
    return [] if not text else [() if s == "scalar" else tuple(map(int, s.split("x"))) for s in text.split(";")]


def analysed(file, phase="TEST"):
    shapes = [shape for word, shape in FED.items() if word in file and not re.search(r"full\.|quick\.", file)]
    fed = {"": shapes[0]} if shapes else {}
    network, problems = read(File(str(TRUTH / file)), Options(inputs=fed, sets={"phase": phase}))
    if problems:
        raise ModelError(problems)
    return calculate(network, network.batch)


TOTALS = table(ROOT / "tests" / "data" / "caffe_totals.csv")
FILES = sorted(str(p.relative_to(TRUTH)) for p in TRUTH.glob("caffe/*/*.prototxt"))


def norms(report):
    """BatchNorm layers: Caffe's third array of one number has no counterpart here."""
    return sum(row.kind == "batch_norm" for row in report.layers)


@here
@pytest.mark.parametrize("row", TOTALS, ids=lambda row: f"{row['file']}-{row['phase']}")
def test_totals_are_those_of_the_engine(row):
    report = analysed(row["file"], row["phase"])
    held = report.totals.params + report.totals.buffers + norms(report)
    assert held == int(row["learnable_and_stat_blob_elements"])
    assert report.totals.macs == int(row["conv_fc_deconv_macs_whole_batch"])


@here
def test_every_layer_is_that_of_the_engine():
    rows = defaultdict(list)
    for row in table(TRUTH / "tables" / "caffe_engine_layers.csv"):
        rows[row["file"], row["phase"]].append(row)
    held = 0
    for (file, phase), wanted in rows.items():
        report = analysed(file, phase)
        found = {row.name: row for row in report.layers}
        for row in wanted:
            where = (file, phase, row["layer"])
            if row["type"] == "Split":  # Caffe's own; here a blob may be read as often as one likes
                continue
            held += 1
            if row["type"] in ("Input", "DummyData"):
                assert [tuple(tensor.shape) for tensor in report.inputs] == sizes(row["top_shapes"]), where
                continue
            layer = found[row["layer"]]
            assert [tuple(shape) for shape in layer.output_shapes] == sizes(row["top_shapes"]), where
            elements = layer.params + layer.buffers + (layer.kind == "batch_norm")
            assert (elements, layer.macs) == (int(row["param_elements"]), int(row["macs"])), where
    assert held == 3073


@here
def test_every_file_is_read_or_refused_for_a_reason_that_the_page_names():
    page = (ROOT / "docs" / "readers" / "caffe.md").read_text()
    assert f"{len(FILES) - len(REFUSED)} of {len(FILES)}" in page
    for file in FILES:
        if file in REFUSED:
            with pytest.raises(ModelError) as error:
                analysed(file)
            assert error.value.problems[0].code == REFUSED[file]
            assert Path(file).name in page
        else:
            assert analysed(file).layers


@here
@pytest.mark.parametrize(
    ("file", "params", "macs"),
    [  # published, and not among the engine's own: SSD's 8732 boxes follow in the next test
        ("caffe/netscope-dgschwend/googlenet.prototxt", 6998552, None),
        ("caffe/netscope-dgschwend/vgg-16.prototxt", 138357544, 154702643200),
        ("caffe/netscope-dgschwend/squeezenet_v11.prototxt", 1235496, 387747520),
        ("caffe/netscope-dgschwend/squeezenet.prototxt", 1248424, 861339936),
    ],
)
def test_files_that_the_engine_refused_have_the_published_figures(file, params, macs):
    report = analysed(file)
    assert report.totals.params == params
    assert macs in (None, report.totals.macs)


@here
def test_ssd_has_8732_boxes():
    rows = {row.name: row for row in analysed("caffe/netscope-dgschwend/SSD300.prototxt").layers}
    assert rows["mbox_priorbox"].output_shapes[0] == (1, 2, 8732 * 4)
    assert rows["mbox_conf"].output_shapes[0] == (1, 8732 * 21)
    assert rows["mbox_loc"].output_shapes[0] == (1, 8732 * 4)
