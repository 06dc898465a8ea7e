"""The networks that the recorded tools saw and no zoo has, as torch modules; their specs stand in tests/data/tools.

Only the recording script imports this: the tests need no torch.
"""

import torch
from torch import nn


class UNet(nn.Module):
    """Ronneberger, Fischer & Brox 2015, as in zoo:unet."""

    def __init__(self, width=64):
        super().__init__()

        def double(before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3), nn.ReLU(), nn.Conv2d(after, after, 3), nn.ReLU())

        widths = [width * 2**k for k in range(5)]
        self.down = nn.ModuleList(double(a, b) for a, b in zip([1, *widths[:-1]], widths, strict=True))
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.5)
        back = list(zip(widths[::-1], widths[-2::-1], strict=False))
        self.large = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in back)
        self.up = nn.ModuleList(double(a, b) for a, b in back)
        self.last = nn.Conv2d(width, 2, 1)

    def forward(self, x):
        kept = []
        for at, level in enumerate(self.down):
            x = level(x)
            if at >= 3:
                x = self.drop(x)
            if at < 4:
                kept.append(x)
                x = self.pool(x)
        for large, level in zip(self.large, self.up, strict=True):
            x = large(x)
            old = kept.pop()
            top, left = (old.shape[2] - x.shape[2]) // 2, (old.shape[3] - x.shape[3]) // 2
            old = old[:, :, top : top + x.shape[2], left : left + x.shape[3]]
            x = level(torch.cat([old, x], 1))
        return self.last(x)


def odds():
    """Kinds that the large networks lack."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.GroupNorm(2, 6),
        nn.PReLU(6),
        nn.AvgPool2d(2),
        nn.ConvTranspose2d(6, 8, 3, stride=2, padding=1, output_padding=1),
        nn.InstanceNorm2d(8),
        nn.LeakyReLU(0.1),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.Conv2d(8, 8, 3, stride=2, dilation=2, groups=4, bias=False),
        nn.BatchNorm2d(8, affine=False),
        nn.ELU(),
        nn.Upsample(scale_factor=2),
        nn.Hardswish(),
        nn.Sigmoid(),
        nn.Tanh(),
        nn.AdaptiveMaxPool2d((3, 5)),
        nn.InstanceNorm2d(8, affine=True),
        nn.AdaptiveAvgPool2d((2, 3)),
        nn.Flatten(),
        nn.Linear(48, 7, bias=False),
        nn.LayerNorm(7),
        nn.Linear(7, 5),
        nn.Softmax(-1),
    )


class Sequence(nn.Module):
    """One axis: convolution, recurrence, linear maps of every step."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 6, 3, padding=1)
        self.norm = nn.BatchNorm1d(6)
        self.act = nn.ReLU()
        self.pool = nn.MaxPool1d(2)
        self.lstm = nn.LSTM(6, 5, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(10, 7, num_layers=2, batch_first=True)
        self.rnn = nn.RNN(7, 3, batch_first=True, bias=False)
        self.linear = nn.Linear(3, 11)

    def forward(self, x):
        x = self.pool(self.act(self.norm(self.conv(x)))).permute(0, 2, 1)
        x = self.rnn(self.gru(self.lstm(x)[0])[0])[0]
        return self.linear(x)


class Volume(nn.Module):
    """Three axes, and a layer that is called twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv3d(2, 6, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm3d(6)
        self.again = nn.Conv3d(6, 6, (1, 3, 3), padding=(0, 1, 1), groups=3)
        self.pool = nn.AvgPool3d((1, 2, 2))
        self.end = nn.AdaptiveAvgPool3d(1)
        self.linear = nn.Linear(6, 5)

    def forward(self, x):
        x = self.norm(self.first(x))
        x = self.again(nn.functional.relu(self.again(x)))
        return self.linear(torch.flatten(self.end(self.pool(x)), 1))
