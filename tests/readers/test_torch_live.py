"""Modules of torch itself, through torch.export: figures of torchvision's models, and the module stays what it is."""

import csv
from pathlib import Path

import pytest

import cnnshape
from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options

torch = pytest.importorskip("torch")
nn = torch.nn

TOTALS = Path(__file__).resolve().parents[1] / "data" / "torch_torchvision.csv"
#: These are built and followed in about a second each; CNNSHAPE_ALL_TORCHVISION=1 takes all.
QUICK = ("alexnet", "resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "vit_b_32", "convnext_tiny", "swin_t")


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.inner, self.head = nn.Embedding(11, 7), nn.Linear(7, 7), nn.Linear(7, 11, bias=False)
        self.head.weight = self.table.weight
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.head(self.drop(self.inner(self.inner(self.table(x)))))


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, a, b):
        return self.conv(a) + b


class Branch(nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x


def test_shared_weights_count_once_and_the_module_stays_in_its_mode():
    module = Tied()
    module.inner.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    report = cnnshape.from_torch(module, (5,), batch=3)
    assert report.totals.params == sum(p.numel() for p in module.parameters()) == 77 + 56
    assert report.totals.macs == 3 * 5 * (2 * 49 + 77)
    assert report.batch == 3
    assert (module.training, module.inner.training, module.drop.training) == (True, False, True)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_several_inputs_are_given_by_the_names_of_the_arguments():
    report = cnnshape.from_torch(Two(), {"a": (3, 7, 11), "b": "4x5x9"}, batch=2, dtype="float16")
    assert [str(t.shape) for t in report.inputs] == ["2x3x7x11", "2x4x5x9"]
    assert report.totals.macs == 2 * 4 * 5 * 9 * 27


@pytest.mark.parametrize(("module", "shape"), [(Branch(), (3, 7)), (Two(), (3, 7, 11)), (7, (3,)), (nn.ReLU(), None)])
def test_what_cannot_be_exported_is_an_error_of_ours(module, shape):
    with pytest.raises(ModelError) as caught:
        cnnshape.from_torch(module, shape)
    assert caught.value.problems[0].code in ("CNN-E701", "CNN-E802")


def test_no_memory_is_taken_for_weights_on_the_meta_device():
    with torch.device("meta"):
        module = nn.Sequential(nn.Linear(2**20, 2**20), nn.Linear(2**20, 7))
    assert cnnshape.from_torch(module, (2**20,)).totals.params == 2**40 + 2**20 + 7 * 2**20 + 7


def test_frozen_parameters_are_not_trainable():
    module = nn.Sequential(nn.Linear(7, 11), nn.Linear(11, 3))
    module[0].requires_grad_(False)
    totals = cnnshape.from_torch(module, (7,)).totals
    assert (totals.params, totals.trainable_params) == (88 + 36, 36)


def test_an_archive_of_the_module_says_the_same(tmp_path):
    module = Two().eval()
    exported = torch.export.export(module, (torch.zeros(2, 3, 7, 11), torch.zeros(2, 4, 5, 9)))
    torch.export.save(exported, tmp_path / "two.pt2")
    stored = cnnshape.analyze(tmp_path / "two.pt2")
    live = cnnshape.from_torch(module, {"a": (3, 7, 11), "b": (4, 5, 9)}, batch=2)
    assert stored.totals == live.totals
    assert stored.layers == live.layers


def test_a_module_of_python_is_imported_only_when_asked(tmp_path, monkeypatch):
    (tmp_path / "own_net.py").write_text("from torch import nn\ndef net():\n    return nn.Conv2d(3, 5, 3)\nvalue = 3\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="CNN-E701"):
        cnnshape.analyze("own_net:net", input="3x7x11")
    assert cnnshape.analyze("own_net:net", input="3x7x11", import_python=True).totals.params == 140
    for name in ("own_net:absent", "own_net:value", "no_such_module_here:net"):
        with pytest.raises(ModelError):
            cnnshape.analyze(name, input="3x7x11", import_python=True)


def _rows():
    import os

    rows = list(csv.DictReader(line for line in TOTALS.read_text().splitlines() if line[0] != "#"))
    return rows if os.environ.get("CNNSHAPE_ALL_TORCHVISION") else [row for row in rows if row["model"] in QUICK]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row['model']}-{row['input']}")
def test_torchvision_to_the_last_digit(row):
    models = pytest.importorskip("torchvision").models
    from cnnshape.readers.torch import network
    from cnnshape.readers.torch.traced import program

    name, shape = row["model"], tuple(map(int, row["input"].split("x")))
    options = {"weights": None}
    if name.startswith("vit"):
        options["image_size"] = shape[-1]
    if name.startswith(("fcn", "deeplab", "lraspp")):
        options["weights_backbone"] = None
    if name.startswith(("fcn", "deeplab")):
        options["aux_loss"] = True
    if name == "googlenet":
        options["aux_logits"] = False
    try:
        with torch.device("meta"):
            module = models.get_model(name, **options).eval()
    except NotImplementedError:  # regnet's constructor looks at numbers
        module = models.get_model(name, **options).eval()
    x = torch.empty(shape, device=next(module.parameters()).device)
    found, problems, walk = network(program(torch.export.export(module, (x,)), name), name, Options())
    report = calculate(found, found.batch)
    assert not problems
    assert not walk.misfits
    assert report.status.macs == report.status.params == "complete"
    assert report.totals.params == int(row["params_trainable"])
    assert report.totals.macs == int(row["macs_conv_matmul"])
    # What is left out of the graph counts its parameters but not its buffers: inception's second head.
    missing = 1792 if name == "inception_v3" else 0
    assert report.totals.buffers == int(row["bn_running_stat_elements"]) - missing
    assert [str(t.shape) for t in report.outputs] == [part.rpartition("=")[2] for part in row["outputs"].split(";")]
