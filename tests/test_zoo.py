"""The bundled networks equal the published figures, to the last digit."""

from __future__ import annotations

from itertools import pairwise

import pytest

import cnnshape
from cnnshape import bundled
from cnnshape.api import zoo_names, zoo_text
from cnnshape.spec.blocks import library


@pytest.mark.parametrize("spec", bundled.specs())
def test_every_spec_keeps_its_promises_in_80_lines(spec) -> None:
    report = cnnshape.analyze(f"zoo:{spec}")
    assert report.failed == []
    assert report.status.params == report.status.macs == "complete"
    text = zoo_text(spec)
    assert len(text.splitlines()) <= 80
    assert text.startswith("#"), "the source is named"
    promised = next(line for line in text.splitlines() if line.startswith("expect:"))
    assert "params:" in promised
    assert "macs:" in promised


@pytest.mark.parametrize("name", zoo_names())
def test_work_grows_with_the_batch_and_params_do_not(name) -> None:
    one, three = (cnnshape.analyze(f"zoo:{name}", batch=b) for b in (1, 3))
    assert three.totals.macs == 3 * one.totals.macs
    assert three.totals.params == one.totals.params
    assert [r.params for r in three.layers] == [r.params for r in one.layers]
    assert [r.output_shapes[0][1:] for r in three.layers] == [r.output_shapes[0][1:] for r in one.layers]
    assert three.failed == [], "promises are about a batch of one"


def test_a_wrong_promise_is_noticed() -> None:
    text = zoo_text("lenet5")
    assert cnnshape.analyze_text(text).failed == []
    for wrong in (text.replace("61706", "61707"), text.replace("416520", "416519"), text.replace("[10]", "[11]")):
        assert wrong != text
        assert len(cnnshape.analyze_text(wrong).failed) == 1


def test_lenet_and_unet() -> None:
    # LeCun et al. 1998 in today's form; Ronneberger et al. 2015, table-free: layer by layer by hand.
    lenet = cnnshape.analyze("zoo:lenet5").totals
    assert lenet.params == 61706
    assert lenet.macs == 28 * 28 * 6 * 25 + 10 * 10 * 16 * 6 * 25 + 400 * 120 + 120 * 84 + 84 * 10
    unet = cnnshape.analyze("zoo:unet")
    widths = [1, 64, 128, 256, 512, 1024]
    params = macs = 0
    side = 572
    for a, b in pairwise(widths):  # figure 1: two 3x3 without padding cost four positions, the pool halves
        params += a * b * 9 + b + b * b * 9 + b
        macs += (side - 2) ** 2 * a * b * 9 + (side - 4) ** 2 * b * b * 9
        side = (side - 4) // 2
    side *= 2  # nothing is pooled at the bottom
    assert side == 28
    for b, a in reversed(list(pairwise(widths[1:]))):  # b + b channels meet after the 2x2 up-convolution
        params += a * b * 4 + b + 2 * b * b * 9 + b + b * b * 9 + b
        macs += side**2 * a * b * 4
        side *= 2
        macs += (side - 2) ** 2 * 2 * b * b * 9 + (side - 4) ** 2 * b * b * 9
        side -= 4
    params += 64 * 2 + 2
    macs += side**2 * 64 * 2
    assert side == 388
    assert unet.totals.params == params == 31030658
    assert unet.totals.macs == macs
    assert unet.outputs[0].shape == (1, 2, 388, 388)


def test_families_are_overridable() -> None:
    for name in ("alexnet", "convnext", "googlenet", "inception_v4", "mobilenet_v2", "resnet", "vgg", "xception"):
        # what the file promises of itself is not held against another network
        assert cnnshape.analyze(f"zoo:{name}", input="3x257x389").failed == []
    assert cnnshape.analyze("zoo:resnet18", sets={"classes": "10"}).outputs[0].shape == (1, 10)
    assert cnnshape.analyze("zoo:resnet18", input="3x64x96").layers[0].output_shapes[0] == (1, 64, 32, 48)


# The call, the input, the output, the parameters. A name says whose layer or block has as many; figures without a
# name are counted by hand.
BLOCKS = [
    ("conv_norm_act", "{out_channels: 64, kernel_size: 7, stride: 2}", "3x224x224", "64x112x112", 9408 + 128),
    ("conv_norm_act", "{out_channels: 8, padding: 0, dilation: 2, act: silu}", "3x13x17", "8x9x13", 216 + 16),
    ("depthwise_conv", "{bias: false}", "32x11x13", "32x11x13", 288),  # Keras MobileNet conv_dw_1
    ("depthwise_conv", "{kernel_size: 5, stride: 2, padding: valid, multiplier: 2}", "7x11x13", "14x4x5", 14 * 25 + 14),
    ("depthwise_conv", "{padding: [[0, 1], [1, 0]], stride: 2}", "7x10x13", "7x5x6", 7 * 9 + 7),
    ("separable_conv", "{out_channels: 128, bias: false}", "64x11x13", "128x11x13", 8768),  # Keras Xception
    ("separable_conv", "{out_channels: 5, multiplier: 2, padding: 0}", "7x11x13", "5x9x11", 14 * 9 + 14 * 5 + 5),
    ("basic_block", "64", "64x11x13", "64x11x13", 73984),  # torchvision resnet18 layer1.0
    ("basic_block", "{channels: 128, stride: 2}", "64x11x13", "128x6x7", 230144),  # layer2.0
    ("bottleneck", "64", "64x11x13", "256x11x13", 75008),  # torchvision resnet50 layer1.0
    ("bottleneck", "64", "256x11x13", "256x11x13", 70400),  # layer1.1
    ("bottleneck", "{channels: 64, groups: 32, width: 128}", "64x11x13", "256x11x13", 63488),  # 32x4d
    ("inverted_residual", "{out_channels: 24, stride: 2}", "16x11x13", "24x6x7", 5136),  # torchvision features.2
    ("squeeze_excite", "", "64x11x13", "64x11x13", 2 * 64 * 4 + 4 + 64),
    ("squeeze_excite", "", "7x11x13", "7x11x13", 7 + 1 + 7 + 7),  # never fewer than one channel
    ("inception", "{c1: 64, r3: 96, c3: 128, r5: 16, c5: 32, pool: 32}", "192x28x28", "256x28x28", 163696),  # Caffe 3a
    ("dense_layer", "32", "64x11x13", "96x11x13", 45440),  # torchvision densenet121 denselayer1
    ("dense_block", "6", "64x11x13", "256x11x13", 335040),  # denseblock1
    ("transition", "", "256x11x13", "128x5x6", 33280),  # transition1
    ("convnext_block", "", "96x11x13", "96x11x13", 96 * (49 + 1 + 2 + 384 + 4 + 384 + 1 + 1)),
]


@pytest.mark.parametrize(("block", "body", "x", "y", "params"), BLOCKS, ids=str)
def test_library_blocks(block, body, x, y, params) -> None:
    call = f"{block}: {body}" if body else block
    report = cnnshape.analyze_text(f"input: {x}\nlayers:\n  - {call}\n")
    assert str(report.outputs[0].shape) == f"1x{y}"
    assert report.totals.params == params
    assert report.status.macs == "complete"


def test_every_library_block_is_tested_and_documented() -> None:
    assert sorted({row[0] for row in BLOCKS}) == list(library.names())
    for name in library.names():
        block = library(name)
        assert block.name == name
        assert block.document.data["name"] == name
        assert len(block.doc) > 20


def test_where_the_stride_of_a_bottleneck_stands() -> None:
    spec = "input: 256x56x56\nlayers:\n  - bottleneck: {{channels: 128, stride: 2, stride_on_3x3: {}}}\n"
    torchvision, paper = (cnnshape.analyze_text(spec.format(word)) for word in ("true", "false"))
    assert torchvision.totals.params == paper.totals.params
    assert torchvision.outputs[0].shape == paper.outputs[0].shape == (1, 512, 28, 28)
    # the first 1x1 at four times the positions, nothing else
    assert torchvision.totals.macs - paper.totals.macs == 256 * 128 * (56 * 56 - 28 * 28)
