"""The counters of torch modules and traces: torchinfo, thop and ptflops hook modules, fvcore reads a trace."""

from __future__ import annotations

from cnnshape.conventions.step import (
    ALL_POOLS,
    NO_RULE,
    PRODUCTS,
    RECURRENT,
    Convention,
    Step,
)

_CONVS = ("conv", "conv_transpose")
_AFFINE = ("batch_norm", "instance_norm", "group_norm")
_NORMS = (*_AFFINE, "layer_norm")
_LAYER_NORM_2D = "dim=1 is torchvision's LayerNorm2d, a class of its own that a look-up by exact type does not find"

TORCHINFO = Convention(
    "torchinfo",
    "torchinfo",
    "1.8.0",
    "mult-adds",
    1,
    "torchinfo/layer_info.py, LayerInfo.calculate_macs",
    (
        Step("biases of convolutions", _CONVS, "y if biases else 0", "params, bias included, times output positions"),
        Step(
            "transposed convolutions at output positions",
            ("conv_transpose",),
            "n * weight * positions - mac",
            "params times output positions, where the input's are multiplied",
        ),
        Step("linear maps once per example", ("linear", "bilinear"), "n * weight - mac", "other axes are ignored"),
        Step("biases of linear maps", ("linear", "bilinear"), "n * biases", "params times batch"),
        Step("params of norms", (*_NORMS, "rms_norm"), "n * (weight + biases)", "any weight or bias, times batch"),
        Step("params of PReLU and embeddings", ("prelu", "embedding"), "n * weight", "any weight, times batch"),
        Step("biases of recurrences", RECURRENT, "steps * biases", "params times steps"),
        Step("products without params", PRODUCTS, "-mac", "only modules with params are counted"),
        Step("attention", ("multi_head_attention",), "-mac", "it has a module inside, and only leaves are added up"),
    ),
    remarks=("A linear map over many tokens counts as one token: transformers come out far too small.",),
)

FVCORE = Convention(
    "fvcore",
    "fvcore",
    "0.1.5.post20221221",
    "flops",
    1,
    "fvcore/nn/flop_count.py, _DEFAULT_SUPPORTED_OPS; fvcore/nn/jit_handles.py",
    (
        Step("batch norms", ("batch_norm",), "(2 if affine else 1) * x", "2 per element, 1 without weights"),
        Step(
            "other norms",
            ("instance_norm", "group_norm", "layer_norm"),
            "(5 if weight else 4) * x",
            "5 per element, 4 without weights: an estimate of its own",
        ),
        Step(
            "adaptive average pools",
            ("global_avg_pool", "adaptive_avg_pool"),
            "x if rank == 2 and seen else 0",
            "1 per input element, in two dimensions alone",
        ),
        Step(
            "upsampling",
            ("upsample",),
            "0 if rank != 2 else y if mode == 'nearest' else 4 * y if mode in ['linear', 'bilinear'] else 0",
            "1 per output element, 4 if bilinear; no other mode",
        ),
        Step("recurrences", RECURRENT, "-mac", "aten::lstm, gru and rnn have no rule"),
        Step(
            "fused attention",
            ("scaled_dot_product_attention",),
            "-mac",
            "aten::scaled_dot_product_attention has no rule",
        ),
        Step("bilinear maps", ("bilinear",), "-mac", "aten::bilinear has no rule"),
        Step(
            "products of attention",
            ("multi_head_attention",),
            "-2 * n * L * S * E",
            "aten::scaled_dot_product_attention has no rule; the projections are counted",
        ),
    ),
    remarks=("What it calls flops are multiply-accumulates.",),
)

PTFLOPS = Convention(
    "ptflops",
    "ptflops, pytorch backend",
    "0.7.5",
    "MACs",
    1,
    "ptflops/pytorch_ops.py and pytorch_engine.py",
    (
        Step("biases", (*_CONVS, "linear"), "y if biases else 0", "1 per output element"),
        Step(
            "batch, group and instance norms", _AFFINE, "(2 if affine else 1) * x", "2 per element, 1 without weights"
        ),
        Step(
            "layer norms",
            ("layer_norm",),
            "0 if dim == 1 else x",
            f"1 per element: it asks for `affine`, which they lack; {_LAYER_NORM_2D}",
        ),
        Step(
            "ReLU, PReLU, ELU, GELU",
            ("relu", "prelu", "elu", "gelu"),
            "(2 if module else 1) * y",
            "1 per element for the function, and 1 more for the module that calls it",
        ),
        Step("ReLU6", ("relu6",), "y", "1 per element: its module calls hardtanh, which is not patched"),
        Step("LeakyReLU", ("leaky_relu",), "y if module else 0", "1 per element, for the module"),
        Step("SiLU and softmax", ("silu", "softmax"), "x", "1 per element, for the function"),
        Step(
            "pools",
            ALL_POOLS,
            "(2 if module else 1) * x if seen else 0",
            "1 per input element for the function, and 1 more for the module that calls it",
        ),
        Step(
            "upsampling",
            ("upsample",),
            "(2 if module else 1) * y",
            "1 per output for the function, and 1 for the module",
        ),
        Step("biases of recurrences", RECURRENT, "steps * biases", "1 each per step"),
        Step("gates of LSTM", ("lstm",), "10 * units", "4 sums, 3 products, 3 more"),
        Step("gates of GRU", ("gru",), "7 * units", "1, 3 and 3"),
        Step("sums of RNN", ("rnn",), "units", "the two states are added"),
        Step("biases of attention", ("multi_head_attention",), "n * (2 * L + 2 * S) * E if biases else n * L * E", ""),
        Step("scaling of queries", ("multi_head_attention",), "n * L * E", ""),
        Step("softmax of attention", ("multi_head_attention",), "scores", "1 per score"),
        Step("fused attention", ("scaled_dot_product_attention",), "-mac", "no function of the list"),
        Step("bilinear maps", ("bilinear",), "-mac", NO_RULE),
    ),
    (Step("frozen params", (), "-frozen", "params that ask for a gradient"),),
    remarks=(
        "Activations and pools are counted twice where they are modules: 0.7 patches torch.nn.functional as well.",
        "Sums and products that are written + and * are not seen.",
    ),
)

PTFLOPS_ATEN = Convention(
    "ptflops-aten",
    "ptflops, aten backend",
    "0.7.5",
    "MACs",
    1,
    "ptflops/aten_ops.py, ATEN_OPS_MAPPING",
    (
        Step("biases of convolutions", _CONVS, "y if biases else 0", "1 per output element"),
        Step("biases of linear maps", ("linear",), "y if biases else 0", "in addmm, 1 per output element"),
        Step("biases of recurrences", ("rnn", "gru"), "steps * biases", "in addmm"),
        Step("LSTM", ("lstm",), "-mac", "one oneDNN operator on a CPU, without a rule"),
        Step("fused attention", ("scaled_dot_product_attention",), "-mac", "one operator, without a rule"),
        Step(
            "products of attention",
            ("multi_head_attention",),
            "-2 * n * L * S * E",
            "one operator without a rule; the projections are counted",
        ),
        Step("biases of attention", ("multi_head_attention",), "n * (2 * L + 2 * S) * E if biases else 0", "in addmm"),
    ),
    (Step("frozen params", (), "-frozen", "params that ask for a gradient"),),
)

THOP = Convention(
    "thop",
    "thop",
    "0.1.1-2209072238",
    "MACs",
    1,
    "thop/profile.py, register_hooks; thop/vision/basic_hooks.py and calc_func.py",
    (
        Step(
            "transposed convolutions at output positions",
            ("conv_transpose",),
            "n * weight * positions - mac",
            "the rule of a convolution",
        ),
        Step(
            "batch and instance norms",
            ("batch_norm", "instance_norm"),
            "(4 if affine else 2) * x",
            "2 per element, twice with weights",
        ),
        Step(
            "layer norms",
            ("layer_norm",),
            "0 if dim == 1 else (4 if weight else 2) * x",
            f"2 per element, twice with weights; {_LAYER_NORM_2D}",
        ),
        Step("average pools", ("avg_pool",), "y if module else 0", "1 per output element"),
        Step(
            "adaptive average pools",
            ("global_avg_pool", "adaptive_avg_pool"),
            "x + y if module else 0",
            "a sum over the window and a division per output element",
        ),
        Step("PReLU", ("prelu",), "x", "1 per element"),
        Step("softmax", ("softmax",), "(3 * x - x // width) if module else 0", "exp, sum and division"),
        Step(
            "upsampling",
            ("upsample",),
            "y if mode == 'nearest' else 5 * y if mode == 'linear' and rank == 1 else "
            "11 * y if mode in ['linear', 'bilinear'] and rank == 2 else 259 * y if mode in ['cubic', 'bicubic'] else 0",
            "1, 5, 11 or 259 per output element, by mode",
        ),
        Step("biases of recurrences", RECURRENT, "steps * biases", "1 each per step"),
        Step("gates of LSTM", ("lstm",), "8 * units", "4 sums, 3 + 1 products"),
        Step("gates of GRU", ("gru",), "7 * units", "3 sums, 1 + 3 products"),
        Step("sums of RNN", ("rnn",), "units", "the two states are added"),
        Step("products without a module", PRODUCTS, "-mac", "only modules are hooked"),
        Step("attention and bilinear maps", ("multi_head_attention", "bilinear"), "-mac", NO_RULE),
    ),
    (
        Step(
            "params without a rule",
            (
                "group_norm",
                "rms_norm",
                "multi_head_attention",
                "bilinear",
                "embedding",
                "parameter",
                "scale",
                "opaque",
                "foreign",
            ),
            "-learned",
            "params are added up in the hooks, so that a module without one has none",
        ),
        Step("params of LayerNorm2d", ("layer_norm",), "-learned if dim == 1 else 0", _LAYER_NORM_2D),
    ),
    remarks=("Params of what it has no rule for are lost; so are functions.",),
)

CONVENTIONS = (TORCHINFO, FVCORE, PTFLOPS, PTFLOPS_ATEN, THOP)
