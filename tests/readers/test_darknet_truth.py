"""The files of both forks, held against what the programs themselves printed and what their authors published."""

import csv
import re
from pathlib import Path

import pytest

from cnnshape.calculate import calculate
from cnnshape.readers import Options
from cnnshape.readers.darknet import read
from cnnshape.readers.darknet.bflops import printed
from cnnshape.readers.file import File

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT.parent / "shared" / "truth"
DATA = ROOT / "tests" / "data"
FILES = sorted(TRUTH.glob("darknet/*/*.cfg"))
#: Files of which the table has no rows; docs/readers/darknet.md says why.
WITHOUT_ROWS = {"darknet/alexeyab/lstm.train.cfg", "darknet/alexeyab/rnn.cfg"}

pytestmark = pytest.mark.skipif(not FILES, reason="the files are not here")


def table(path):
    with path.open() as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def key(path):
    return path.relative_to(TRUTH).as_posix()


def options(path, **more):
    return Options(sets={"fork": path.parent.name}, **more)


def analysed(path):
    network, problems = read(File(str(path)), options(path))
    assert not problems
    return calculate(network, network.batch)


@pytest.mark.parametrize("path", FILES, ids=key)
def test_every_file_is_read_and_every_number_of_it_is_known(path):
    report = analysed(path)
    assert report.totals.params
    assert report.totals.macs
    assert all(layer.params is not None and layer.macs is not None for layer in report.layers)


@pytest.mark.parametrize("path", FILES, ids=key)
def test_every_row_is_what_the_program_printed(path):
    rows = [row for row in table(TRUTH / "tables" / "darknet_engine_layers.csv") if row["cfg"] == key(path)]
    lines = printed(File(str(path)), options(path))
    layers = {layer.name: layer for layer in analysed(path).layers}
    assert len(rows) == (0 if key(path) in WITHOUT_ROWS else len(lines))
    for row, line in zip(rows, lines, strict=False):
        nodes = [layers[name] for name in line.nodes]
        assert line.outputs == int(row["outputs"]) == nodes[-1].output_shapes[0].numel
        assert sum(node.params + node.buffers for node in nodes) == int(row["params"])
        assert line.operations == pytest.approx(int(row["ops"]), rel=1e-7)  # AlexeyAB's are single precision
        image = tuple(int(row[size]) for size in ("out_c", "out_h", "out_w"))
        assert 0 in image or line.image == image
        if row["type"] in ("convolutional", "connected"):
            assert 2 * sum(node.macs for node in nodes) == line.operations


def totals():
    return [row["cfg"] for row in table(DATA / "darknet_engine_totals.csv")]


@pytest.mark.parametrize("cfg", totals())
def test_totals_are_the_programs_own(cfg):
    (row,) = [row for row in table(DATA / "darknet_engine_totals.csv") if row["cfg"] == cfg]
    path = TRUTH / cfg
    whole, lines = analysed(path).totals, printed(File(str(path)), options(path))
    assert len(lines) == int(row["n_layers"])
    assert whole.params + whole.buffers == int(row["params_in_weights_file"])
    operations = sum(line.operations for line in lines)
    assert operations / 1e9 == pytest.approx(float(row["bflops"]), rel=1e-6, abs=1e-6)
    if row["ops_exact_pj"]:
        assert operations == int(row["ops_exact_pj"])


def test_every_file_has_totals_or_is_listed():
    assert {key(path) for path in FILES} == set(totals()) | WITHOUT_ROWS


@pytest.mark.parametrize(
    "row", table(DATA / "darknet_alexeyab_readme.csv"), ids=lambda row: f"{row['cfg']} {row['input']}"
)
def test_published_bflops_hold_at_every_published_size(row):
    found = [TRUTH / "darknet" / fork / row["cfg"] for fork in ("alexeyab", "pjreddie")]
    path = next((path for path in found if path.exists()), None)
    if path is None:
        pytest.skip("the file is not here")
    width, height = map(int, row["input"].split("x"))
    said = Options(sets={"fork": "alexeyab"}, inputs={"": (3, height, width)})
    bflops = sum(line.operations for line in printed(File(str(path)), said)) / 1e9
    digits = len(row["bflops_2xMAC"].partition(".")[2])
    assert bflops == pytest.approx(float(row["bflops_2xMAC"]), abs=1.01 * 10**-digits)


def test_published_pairs_hold():
    pairs = [row for row in table(TRUTH / "PAIRS.csv") if row["file"].startswith("darknet/")]
    assert len(pairs) >= 17
    for row in pairs:
        cfg, _, size = row["file"].partition(" @ ")
        inputs = {"": (3, *map(int, size.split("x")))} if size else {}
        lines = printed(File(str(TRUTH / cfg)), options(TRUTH / cfg, inputs=inputs))
        bflops = sum(line.operations for line in lines) / 1e9
        assert bflops == pytest.approx(float(row["engine_value"]), abs=6e-5)
        near = 10 ** -len(row["expected"].partition(".")[2])  # the README cuts digits off
        assert bflops == pytest.approx(float(row["expected"]), rel=0.005, abs=max(0.01, near))


def test_the_page_counts_what_is_held_here():
    page = (ROOT / "docs" / "readers" / "darknet.md").read_text()
    rows = table(TRUTH / "tables" / "darknet_engine_layers.csv")
    assert f"{len(FILES)} of {len(FILES)} files" in page
    assert f"{len(rows):,} of {len(rows):,} rows" in page
    listed = set(re.findall(r"`([^`/]+/[^`]+\.cfg)`", page))
    assert {f"darknet/{name}" for name in listed} == WITHOUT_ROWS | untold()


def untold():
    """AlexeyAB's files in which nothing says that they are his."""
    return {
        key(path)
        for path in FILES
        if path.parent.name == "alexeyab" and printed(File(str(path))) != printed(File(str(path)), options(path))
    }
