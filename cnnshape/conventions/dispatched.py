"""The counters of torch functions and operators: calflops patches functions, FlopCounterMode watches operators."""

from __future__ import annotations

from cnnshape.conventions.step import ALL_POOLS, NO_RULE, RECURRENT, Convention, Step

_CALFLOPS_PARAMS = (Step("frozen params", (), "-frozen", "params that ask for a gradient"),)
CALFLOPS = Convention(
    "calflops",
    "calflops, FLOPs",
    "0.3.2",
    "FLOPs",
    2,
    "calflops/pytorch_ops.py",
    (
        Step("biases of convolutions", ("conv",), "y if biases else 0", "1 per output element"),
        Step(
            "biases of transposed convolutions",
            ("conv_transpose",),
            "n * out_channels // groups * shrunk if biases else 0",
            "1 per output element, but the output is taken for that of a plain convolution",
        ),
        Step(
            "transposed convolutions in groups",
            ("conv_transpose",),
            "-2 * (mac - mac // groups)",
            "divided by the groups twice",
        ),
        Step("batch norms", ("batch_norm",), "(2 if affine else 1) * x", "2 per element, 1 without weights"),
        Step(
            "other norms",
            ("instance_norm", "group_norm", "layer_norm"),
            "(5 if weight else 4) * x",
            "5 per element, 4 without weights: an estimate of its own",
        ),
        Step(
            "activations",
            ("relu", "prelu", "elu", "leaky_relu", "silu", "gelu", "softmax"),
            "x",
            "1 per element; none for others",
        ),
        Step("pools", ALL_POOLS, "x if seen else 0", "1 per input element"),
        Step(
            "upsampling",
            ("upsample",),
            "positions if sized else x",
            "1 per input element: the factor is multiplied and thrown away; with a size, its positions alone",
        ),
        Step("recurrences, first products", RECURRENT, "-2 * gates * units", "one sum less for each dot product"),
        Step("biases of recurrences", RECURRENT, "steps * biases", "1 each per step"),
        Step("gates of LSTM", ("lstm",), "10 * units", "4 sums, 3 products, 3 more"),
        Step("gates of GRU", ("gru",), "7 * units", "1, 3 and 3"),
        Step("sums of RNN", ("rnn",), "units", "the two states are added"),
        Step("fused attention", ("scaled_dot_product_attention",), "-2 * mac", "no function of the list"),
        Step(
            "products of attention",
            ("multi_head_attention",),
            "-4 * n * L * S * E",
            "scaled_dot_product_attention is not patched; the projections are counted",
        ),
        Step("bilinear maps", ("bilinear",), "-2 * mac", NO_RULE),
    ),
    _CALFLOPS_PARAMS,
    remarks=("Sums and products that are written + and * are not seen.",),
)

CALFLOPS_MACS = Convention(
    "calflops-macs",
    "calflops, MACs",
    "0.3.2",
    "MACs",
    1,
    "calflops/pytorch_ops.py",
    (
        Step(
            "transposed convolutions in groups",
            ("conv_transpose",),
            "-(mac - mac // groups)",
            "divided by the groups twice",
        ),
        Step("recurrences", RECURRENT, "-mac", "their hooks count FLOPs alone"),
        Step("fused attention", ("scaled_dot_product_attention",), "-mac", "no function of the list"),
        Step(
            "products of attention",
            ("multi_head_attention",),
            "-2 * n * L * S * E",
            "scaled_dot_product_attention is not patched; the projections are counted",
        ),
        Step("bilinear maps", ("bilinear",), "-mac", NO_RULE),
    ),
    _CALFLOPS_PARAMS,
)

TORCH = Convention(
    "torch",
    "torch FlopCounterMode",
    "2.14.1",
    "FLOPs",
    2,
    "torch/utils/flop_counter.py, flop_registry",
    (
        Step("LSTM", ("lstm",), "-2 * mac", "one oneDNN operator on a CPU, without a formula"),
        Step("fused attention", ("scaled_dot_product_attention",), "-2 * mac", "its CPU operator has no formula"),
        Step(
            "products of attention",
            ("multi_head_attention",),
            "-4 * n * L * S * E",
            "the fused operator of a CPU has no formula, those of a GPU have; the projections are counted",
        ),
    ),
    remarks=(
        "Nothing but matrix products, convolutions and attention; biases are not counted.",
        "The figure is that of a CPU: on a GPU LSTM and attention run in operators that are counted or not by version.",
    ),
)

CONVENTIONS = (CALFLOPS, CALFLOPS_MACS, TORCH)
