"""Writes tests/data/torch/*.json: the graphs of our own small modules as torch.export.save writes them.

python tests/readers/make_torch_data.py, where torch is installed (2.13 made those that are kept here).
"""

import io
import json
import zipfile
from pathlib import Path

import torch
from torch import nn

DATA = Path(__file__).resolve().parents[1] / "data" / "torch"


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.gamma = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)) * self.gamma) + x


class Net(nn.Module):
    """3 * 27 + 6 + 3 = 90 for each block, 200 for the LSTM, 168 for the attention, 20 for the linear layer."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(3), Block(3))
        self.lstm = nn.LSTM(3, 5, batch_first=True)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.fc = nn.Linear(3, 5)

    def forward(self, x):
        x = self.blocks(x)
        y, _ = self.lstm(x.flatten(2).transpose(1, 2)[:, :3])
        t = x[..., :6].mean(2)
        z, _ = self.attention(t, t, t, need_weights=False)
        return self.fc(x.mean([2, 3])), y, z, x[:, 0], x.split([3, 4], 2)[1]


class Open(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.pool = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2)

    def forward(self, x):
        n, _, h, _ = x.shape
        return self.pool(self.bn(self.conv(x))).view(n, -1), x.reshape(n * h, 3, -1)


class Weights(nn.Module):
    """Two attentions of 288 parameters each, whose weights are read: the mean over the heads, and head by head."""

    def __init__(self):
        super().__init__()
        self.mean = nn.MultiheadAttention(8, 2, batch_first=True)
        self.each = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        y, mean = self.mean(x, x, x)
        return y, mean, self.each(x, x, x, average_attn_weights=False)[1]


def write(name, exported):
    held = io.BytesIO()
    torch.export.save(exported, held)
    with zipfile.ZipFile(held) as archive:
        member = next(n for n in archive.namelist() if n.endswith("models/model.json"))
        text = json.loads(archive.read(member))
    for node in text["graph_module"]["graph"]["nodes"]:
        stack = node["metadata"].get("nn_module_stack", "")
        node["metadata"] = {"nn_module_stack": stack}
    keep = {"graph_module": text["graph_module"], "schema_version": text["schema_version"]}
    keep["graph_module"].pop("module_call_graph", None)
    (DATA / f"{name}.json").write_text(json.dumps(keep, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    auto = torch.export.Dim.AUTO
    net = torch.export.export(Net().eval(), (torch.zeros(2, 3, 7, 11),))
    write("net", net)
    write("net_core", net.run_decompositions())
    write("attention_weights", torch.export.export(Weights().eval(), (torch.zeros(2, 5, 8),)))
    write(
        "open",
        torch.export.export(Open().eval(), (torch.zeros(2, 3, 8, 10),), dynamic_shapes={"x": {0: auto, 2: auto}}),
    )
