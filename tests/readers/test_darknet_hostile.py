"""Darknet files that are cut off, damaged or made to hurt: an answer or an error with a place, never anything else."""

import random
import time

import pytest
from effort import grows_evenly

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.darknet import read
from cnnshape.readers.file import File

SAMPLE = b"""[net]
height=32
width=48
channels=3
[convolutional]
filters=8
size=3
pad=1
stride=2
batch_normalize=1
activation=leaky
[maxpool]
size=2
stride=2
[route]
layers=-1,-2
[shortcut]
from=-3
[convolutional]
filters=12
activation=linear
[yolo]
mask=0,1
classes=1
num=4
[route]
layers=-2
[connected]
output=5
[softmax]
"""
WORDS = [b"-1", b"0", b"9" * 20, b"4294967296", b"x", b"", b"[", b"]", b"=", b"\x1b[2J", b",", b"-999", b"65536"]
WORDS += [
    b"\n[upsample]\nstride=65536\n",
    b"\n[crnn]\n",
    b"\n[reorg]\nstride=2\nreverse=1\n",
    b"\n[frob]\n",
    b"\xff",
    b"\0",
]


def tried(data, **options):
    try:
        network, problems = read(File("some.cfg", data), Options(**options))
        if not problems:
            calculate(network, network.batch)
    except ModelError as error:
        problems = error.problems
        assert problems
    for problem in problems:
        assert problem.place.file
        assert "\x1b" not in str(problem)
    return problems


def test_a_file_cut_off_anywhere_is_an_answer_or_an_error():
    for end in range(len(SAMPLE)):
        tried(SAMPLE[:end])


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_is_an_answer_or_an_error(seed):
    draw = random.Random(seed)
    failed = 0
    for _ in range(100):
        data = bytearray(SAMPLE)
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(data))
            data[at : at + draw.randrange(4)] = draw.choice(WORDS)
        failed += bool(tried(bytes(data), strict=draw.random() < 0.5))
    assert failed > 10


@pytest.mark.parametrize(
    "data",
    [
        b"[net]\nheight=8\nwidth=8\nchannels=3\n" + b"[upsample]\nstride=65536\n" * 2000,
        b"[net]\nheight=8\nwidth=8\nchannels=3\n" + b"[reorg]\nstride=65536\n" * 2000,
        b"[net]\nheight=2147483647\nwidth=2147483647\nchannels=2147483647\n[avgpool]\n",
        b"[net]\nheight=8\nwidth=8\nchannels=3\n[route]\nlayers=" + b"0," * 10000,
        b"[net]\nheight=8\nwidth=8\nchannels=3\n" + b"[maxpool]\nsize=x\n" * 2000,
        b"[" * 10**6,
        b"[net]" + b"a" * 10**6,
    ],
    ids=["stride", "channels", "input", "route", "errors", "brackets", "name"],
)
def test_a_file_made_to_hurt_is_refused_at_once(data):
    started = time.process_time()
    problems = tried(data)
    assert 0 < len(problems) <= 101
    assert time.process_time() - started < 2


def test_the_time_grows_with_the_layers_and_not_faster():
    def work(layers):
        data = b"[net]\nheight=8\nwidth=8\nchannels=3\n" + b"[maxpool]\nsize=1\n[route]\nlayers=0,-1\n" * layers
        read(File("long.cfg", data + b"[dropout]\n"), Options())

    assert grows_evenly(work, 2000, 8000)
