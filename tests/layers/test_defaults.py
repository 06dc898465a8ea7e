"""What a layer is when nothing is said: what it is in torch, where that has a word for it."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from cnnshape.layers import BY_NAME

WINDOW = {"stride": 1, "padding": 0, "dilation": 1}
RECURRENT = {"num_layers": 1, "bias": True, "bidirectional": False}

#: kind -> (torch's module, our default of each field that both have). Source: torch 2.13, torch.nn.
TORCH = {
    "conv": ("Conv2d", {**WINDOW, "groups": 1, "bias": True}),
    "conv_transpose": ("ConvTranspose2d", {**WINDOW, "output_padding": 0, "groups": 1, "bias": True}),
    "max_pool": ("MaxPool2d", {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False}),
    "avg_pool": ("AvgPool2d", {"stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True}),
    "lp_pool": ("LPPool2d", {"stride": None, "ceil_mode": False}),
    "linear": ("Linear", {"bias": True}),
    "bilinear": ("Bilinear", {"bias": True}),
    "batch_norm": ("BatchNorm2d", {"affine": True, "track_running_stats": True}),
    "instance_norm": ("InstanceNorm2d", {"affine": False}),
    "group_norm": ("GroupNorm", {"affine": True}),
    "layer_norm": ("LayerNorm", {"elementwise_affine": True, "bias": True}),
    "rms_norm": ("RMSNorm", {"elementwise_affine": True}),
    "local_response_norm": ("LocalResponseNorm", {"alpha": 0.0001, "beta": 0.75, "k": 1.0}),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}),
    "rrelu": ("RReLU", {"lower": 1 / 8, "upper": 1 / 3}),
    "softshrink": ("Softshrink", {"lambd": 0.5}),
    "hardshrink": ("Hardshrink", {"lambd": 0.5}),
    "hardtanh": ("Hardtanh", {"min_val": -1.0, "max_val": 1.0}),
    "elu": ("ELU", {"alpha": 1.0}),
    "celu": ("CELU", {"alpha": 1.0}),
    "gelu": ("GELU", {"approximate": "none"}),
    "softplus": ("Softplus", {"beta": 1.0, "threshold": 20.0}),
    "prelu": ("PReLU", {"num_parameters": 1}),
    "dropout": ("Dropout", {"p": 0.5}),
    "feature_dropout": ("Dropout2d", {"p": 0.5}),
    "alpha_dropout": ("AlphaDropout", {"p": 0.5}),
    "feature_alpha_dropout": ("FeatureAlphaDropout", {"p": 0.5}),
    "flatten": ("Flatten", {"start_dim": 1, "end_dim": -1}),
    "upsample": ("Upsample", {"size": None, "scale_factor": None, "mode": "nearest"}),
    "multi_head_attention": ("MultiheadAttention", {"bias": True}),
    "rnn": ("RNN", RECURRENT),
    "lstm": ("LSTM", RECURRENT),
    "gru": ("GRU", RECURRENT),
}


def ours(kind):
    return {field.name: field.default for field in msgspec.structs.fields(BY_NAME[kind]) if not field.required}


@pytest.mark.parametrize("kind", TORCH)
def test_defaults_are_those_of_torch(kind) -> None:
    wanted = TORCH[kind][1]
    assert {name: ours(kind)[name] for name in wanted} == wanted


@pytest.mark.parametrize("kind", TORCH)
def test_torch_has_these_defaults(kind) -> None:
    module, wanted = TORCH[kind]
    found = getattr(pytest.importorskip("torch").nn, module)
    if wanted is RECURRENT:  # whose signature says nothing
        made = found(3, 2)
        assert {name: getattr(made, name) for name in wanted} == wanted
    else:
        signature = inspect.signature(found).parameters
        assert {name: signature[name].default for name in wanted} == wanted


#: Fields that torch has not, or not with this default: Keras' words, Caffe's, ONNX', and our own.
OTHERS = {
    "local_response_norm": {"size": 5},  # Caffe LRNParameter.local_size
    "threshold": {"threshold": 0.0, "value": 0.0},  # torch asks for both; a plain ReLU
    "clip": {"low": 0.0, "high": 6.0},  # ReLU6, Howard et al. 2017
    "affine": {"scale": 1.0, "shift": 0.0},  # the identity
    "power": {"exponent": 2.0},
    "drop_path": {"p": 0.0},  # torchvision's StochasticDepth asks for it; none is dropped
    "slice": {"start": 0, "end": None, "step": 1},  # all of it
    "depth_to_space": {"mode": "DCR"},  # ONNX DepthToSpace
    "batch_norm": {"scale": True, "bias": True},  # Keras BatchNormalization: scale, center
    "scale": {"bias": False},  # Caffe ScaleParameter.bias_term
    "lp_pool": {"norm_type": 2.0},  # ONNX LpPool: p
    "matmul": {"transpose_b": False},
    "concat": {"dim": 1},  # Caffe ConcatParameter.axis
    "rnn": {"recurrent_bias": True},  # two biases for each gate, as in torch and cuDNN
    "lstm": {"recurrent_bias": True},
    "gru": {"recurrent_bias": True},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_torch_does_not_say_is_what_others_say(kind) -> None:
    assert {name: ours(kind)[name] for name in OTHERS[kind]} == OTHERS[kind]
