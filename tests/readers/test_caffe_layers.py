"""Each layer type of the table: the shape, the learned elements and the multiply-accumulates that Caffe gives it.

The figures are worked out by hand from BVLC's Reshape functions, or the fork's, on 2x3x7x11 or what the row says.
"""

from pathlib import Path

import pytest
from caffe_nets import HEAD, layer, report

from cnnshape.readers.caffe.sources import SOURCES
from cnnshape.readers.caffe.table import EMPTY, LOOSE, TABLE

CONV = "convolution_param { num_output: 6 kernel_size: 3 %s }"
VECTORS = 'input: "data" input_shape { dim: 2 dim: 3 dim: 7 dim: 11 } input: "v" input_shape { dim: 2 dim: 3 }\n'
SIX = 'input: "data" input_shape { dim: 2 dim: 12 dim: 6 dim: 10 }\n'
REGIONS = 'input: "data" input_shape { dim: 2 dim: 3 dim: 7 dim: 11 } input: "r" input_shape { dim: 13 dim: 5 }\n'
STEPS = (
    'input: "data" input_shape { dim: 7 dim: 2 dim: 3 } input: "cont" input_shape { dim: 7 dim: 2 }'
    ' input: "still" input_shape { dim: 2 dim: 5 }\n'
)

#: type, bottoms, fields, output shapes, learned elements, multiply-accumulates, head
ROWS = [
    ("Convolution", "data", CONV % "", "2x6x5x9", 168, 2 * 6 * 45 * 27),
    ("Convolution", "data", CONV % "pad: 1 stride: 2 bias_term: false", "2x6x4x6", 162, 2 * 6 * 24 * 27),
    ("Convolution", "data", CONV % "dilation: 2 group: 3", "2x6x3x7", 60, 2 * 6 * 21 * 9),
    ("Convolution", "data", "convolution_param { num_output: 6 kernel_h: 1 kernel_w: 5 pad_w: 2 stride_h: 3 }", "2x6x3x11", 96, 2 * 6 * 33 * 15),
    ("Convolution", "data", "convolution_param { num_output: 6 kernel_size: 1 kernel_size: 5 pad: 0 pad: 2 }", "2x6x7x11", 96, 2 * 6 * 77 * 15),
    ("Convolution", "data data", CONV % "", "2x6x5x9", 168, 2 * 6 * 45 * 27),
    ("DepthwiseConvolution", "data", CONV % "", "2x6x5x9", 60, 2 * 6 * 45 * 9),
    ("ConvolutionDepthwise", "data", "convolution_param { kernel_size: 3 }", "2x3x5x9", 30, 2 * 3 * 45 * 9),
    ("Deconvolution", "data", CONV % "stride: 2 pad: 1 group: 3", "2x6x13x21", 60, 2 * 3 * 77 * 2 * 9),
    ("Deconvolution", "data", CONV % "stride: 2 bias_term: false", "2x6x15x23", 162, 2 * 3 * 77 * 6 * 9),
    ("Pooling", "data", "pooling_param { kernel_size: 2 stride: 2 }", "2x3x4x6", 0, 0),
    ("Pooling", "data", "pooling_param { kernel_size: 2 stride: 2 round_mode: FLOOR }", "2x3x3x5", 0, 0),
    ("Pooling", "data", "pooling_param { kernel_size: 2 stride: 2 ceil_mode: false pool: AVE }", "2x3x3x5", 0, 0),
    ("Pooling", "data", "pooling_param { global_pooling: true kernel_size: 3 pool: AVE }", "2x3x1x1", 0, 0),
    ("Pooling", "data", "pooling_param { kernel_size: 1 stride: 3 pool: STOCHASTIC }", "2x3x3x5", 0, 0),
    ("Pooling", "data", "pooling_param { kernel_size: 2 stride: 4 } top: 'mask'", "2x3x3x4 2x3x3x4", 0, 0),
    ("Im2col", "data", "convolution_param { kernel_size: 3 stride: 2 }", "2x27x3x5", 0, 0),
    ("SPP", "data", "spp_param { pyramid_height: 3 }", "2x63", 0, 0),
    ("Interp", "data", "interp_param { zoom_factor: 3 }", "2x3x19x31", 0, 0),
    ("Interp", "data", "interp_param { shrink_factor: 2 pad_beg: -1 pad_end: -1 }", "2x3x3x5", 0, 0),
    ("Interp", "data", "interp_param { height: 13 width: 17 }", "2x3x13x17", 0, 0),
    ("Upsample", "data", "upsample_param { scale: 3 }", "2x3x21x33", 0, 0),
    ("Upsample", "data data", "upsample_param { scale: 2 upsample_w: 21 }", "2x3x14x21", 0, 0),
    ("Padding", "data", "padding_param { pad: 2 }", "2x3x11x15", 0, 0),
    ("InnerProduct", "data", "inner_product_param { num_output: 5 }", "2x5", 5 * 232, 2 * 5 * 231),
    ("InnerProduct", "data", "inner_product_param { num_output: 5 axis: 2 bias_term: false }", "2x3x5", 5 * 77, 6 * 5 * 77),
    ("InnerProduct", "data", "inner_product_param { num_output: 5 axis: -1 transpose: true }", "2x3x7x5", 60, 42 * 5 * 11),
    ("InnerProduct", "data", "inner_product_param { num_output: 5 axis: 0 }", "5", 5 * 463, 5 * 462),
    ("BatchNorm", "data", "", "2x3x7x11", 0, 0),
    ("BN", "data", "", "2x3x7x11", 6, 0),
    ("Scale", "data", "", "2x3x7x11", 3, 0),
    ("Scale", "data", "scale_param { axis: 2 num_axes: -1 bias_term: true }", "2x3x7x11", 154, 0),
    ("Scale", "data", "scale_param { num_axes: 0 }", "2x3x7x11", 1, 0),
    ("Scale", "data v", "scale_param { axis: 0 }", "2x3x7x11", 0, 0, VECTORS),
    ("Bias", "data", "bias_param { axis: -1 }", "2x3x7x11", 11, 0),
    ("Bias", "data v", "bias_param { axis: 0 }", "2x3x7x11", 0, 0, VECTORS),
    ("Embed", "data", "embed_param { input_dim: 13 num_output: 5 }", "2x3x7x11x5", 70, 0),
    ("Embed", "data", "embed_param { input_dim: 13 num_output: 5 bias_term: false }", "2x3x7x11x5", 65, 0),
    ("Normalize", "data", "", "2x3x7x11", 1, 0),
    ("Normalize", "data", "norm_param { across_spatial: false channel_shared: false }", "2x3x7x11", 3, 0),
    ("PReLU", "data", "", "2x3x7x11", 3, 0),
    ("PReLU", "data", "prelu_param { channel_shared: true }", "2x3x7x11", 1, 0),
    ("Parameter", "", "parameter_param { shape { dim: 5 dim: 7 } }", "5x7", 35, 0),
    ("LSTM", "data cont", "recurrent_param { num_output: 5 }", "7x2x5", 20 * 9, 14 * 20 * 8, STEPS),
    ("LSTM", "data cont still", "recurrent_param { num_output: 5 }", "7x2x5", 20 * 14, 14 * 160 + 2 * 100, STEPS),
    ("RNN", "data cont", "recurrent_param { num_output: 5 }", "7x2x5", 5 * 4 + 25 + 30, 14 * 65, STEPS),
    ("Axpy", "v data data", "", "2x3x7x11", 0, 0, VECTORS),
    ("BroadcastMul", "data data", "", "2x3x7x11", 0, 0),
    ("Eltwise", "data data data", "eltwise_param { operation: MAX }", "2x3x7x11", 0, 0),
    ("Eltwise", "data data", "eltwise_param { operation: SUM coeff: 1 coeff: -1 }", "2x3x7x11", 0, 0),
    ("LRN", "data", "lrn_param { local_size: 3 }", "2x3x7x11", 0, 0),
    ("LRN", "data", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }", "2x3x7x11", 0, 0),
    ("MVN", "data", "", "2x3x7x11", 0, 0),
    ("MVN", "data", "mvn_param { across_channels: true }", "2x3x7x11", 0, 0),
    ("MVN", "data", "mvn_param { normalize_variance: false }", "2x3x7x11", 0, 0),
    ("Softmax", "data", "softmax_param { axis: -1 }", "2x3x7x11", 0, 0),
    ("LogSoftmax", "data", "", "2x3x7x11", 0, 0),
    ("Concat", "data data", "", "2x6x7x11", 0, 0),
    ("Concat", "data data", "concat_param { axis: -2 }", "2x3x14x11", 0, 0),
    ("Concat", "data data", "concat_param { concat_dim: 0 }", "4x3x7x11", 0, 0),
    ("Slice", "data", "slice_param { axis: 3 slice_point: 2 slice_point: 5 } top: 'y2' top: 'y3'", "2x3x7x2 2x3x7x3 2x3x7x6", 0, 0),
    ("Slice", "data", "slice_param { axis: 0 } top: 'y2'", "1x3x7x11 1x3x7x11", 0, 0),
    ("Flatten", "data", "", "2x231", 0, 0),
    ("Flatten", "data", "flatten_param { axis: 0 end_axis: -2 }", "42x11", 0, 0),
    ("Reshape", "data", "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }", "2x77x3", 0, 0),
    ("Reshape", "data", "reshape_param { shape { dim: -1 } axis: 1 num_axes: 2 }", "2x21x11", 0, 0),
    ("Reshape", "data", "reshape_param { shape { dim: 6 dim: -1 } }", "6x77", 0, 0),
    ("Permute", "data", "permute_param { order: 0 order: 2 order: 3 }", "2x7x11x3", 0, 0),
    ("Permute", "data", "permute_param { order: 3 }", "11x2x3x7", 0, 0),
    ("Tile", "data", "tile_param { tiles: 5 axis: 2 }", "2x3x35x11", 0, 0),
    ("Crop", "data c", "crop_param { offset: 1 offset: 2 }", "2x3x5x3", 0, 0, HEAD.strip() + ' input: "c" input_shape { dim: 2 dim: 2 dim: 5 dim: 3 }\n'),
    ("Crop", "data c", "crop_param { axis: 1 offset: 1 }", "2x2x5x3", 0, 0, HEAD.strip() + ' input: "c" input_shape { dim: 2 dim: 2 dim: 5 dim: 3 }\n'),
    ("Reorg", "data", "reorg_param { stride: 2 }", "2x48x3x5", 0, 0, SIX),
    ("Reorg", "data", "reorg_param { stride: 2 reverse: true }", "2x3x12x20", 0, 0, SIX),
    ("ShuffleChannel", "data", "shuffle_channel_param { group: 4 }", "2x12x6x10", 0, 0, SIX),
    ("PixelShuffle", "data", "pixel_shuffle_param { upscale_factor: 2 }", "2x3x12x20", 0, 0, SIX),
    ("BatchReindex", "data r", "", "65x3x7x11", 0, 0, REGIONS),
    ("ArgMax", "data", "", "2x1x1x1", 0, 0),
    ("ArgMax", "data", "argmax_param { top_k: 5 out_max_val: true }", "2x2x5x1", 0, 0),
    ("ArgMax", "data", "argmax_param { axis: 1 top_k: 2 }", "2x2x7x11", 0, 0),
    ("Reduction", "data", "", "scalar", 0, 0),
    ("Reduction", "data", "reduction_param { axis: 2 }", "2x3", 0, 0),
    ("ROIPooling", "data r", "roi_pooling_param { pooled_h: 2 pooled_w: 5 }", "13x3x2x5", 0, 0, REGIONS),
    ("ROIAlign", "data r", "roi_align_param { pooled_h: 2 pooled_w: 5 }", "13x3x2x5", 0, 0, REGIONS),
    ("PSROIPooling", "data r", "psroi_pooling_param { output_dim: 5 group_size: 7 }", "13x5x7x7", 0, 0, REGIONS),
    ("Proposal", "data", "", "?", 0, 0),
    ("PriorBox", "data data", "prior_box_param { min_size: 5 max_size: 7 aspect_ratio: 2 aspect_ratio: 3 aspect_ratio: 0.5 }", "1x2x1848", 0, 0),
    ("PriorBox", "data data", "prior_box_param { min_size: 5 aspect_ratio: 2 flip: false }", "1x2x616", 0, 0),
    ("DetectionOutput", "data", "", "1x1x1x7", 0, 0),
    ("DetectionEvaluate", "data", "", "?", 0, 0),
    ("Filter", "data data", "", "?", 0, 0),
    ("Accuracy", "data data", "top: 'each'", "scalar 3", 0, 0),
    ("SoftmaxWithLoss", "data data", "top: 'prob'", "scalar 2x3x7x11", 0, 0),
    ("Python", "data", "", "?", None, None),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[3]}")
def test_shape_and_counts_are_those_of_caffe(row):
    kind, bottoms, fields, shapes, params, macs, *head = row
    text = (head[0] if head else HEAD) + layer(kind, bottoms, "y", fields)
    # What is made under further tops is read, so that the rows behind it stand for it.
    found = report(text)
    own = [r for r in found.layers if r.name == "y" or r.name.startswith("y.")]
    made = [str(shape) for r in own if r.name in ("y", "y.mask") for shape in r.output_shapes]
    assert made == shapes.split()
    counted = [r.params for r in own]
    assert (None if None in counted else sum(counted)) == params
    spent = [r.macs for r in own if r.name != "y.1"]
    assert (None if None in spent else sum(spent)) == macs


def test_every_type_of_the_table_has_a_row_here_or_is_one_of_many_alike():
    alike = {"HDF5Output", "None", "Silence", "Split", "implicit"} | {kind for kind in TABLE if kind.endswith("Loss")}
    from cnnshape.readers.caffe.maps import PLAIN

    missing = set(TABLE) - {row[0] for row in ROWS} - alike - set(PLAIN)
    assert missing == set()
    assert set(TABLE) >= EMPTY | LOOSE


def test_every_elementwise_type_keeps_the_shape():
    from cnnshape.readers.caffe.maps import PLAIN

    for kind in PLAIN:
        (row,) = report(HEAD + layer(kind)).layers
        assert (row.output_shapes[0], row.params, row.macs) == ((2, 3, 7, 11), 0, 0), kind


def test_split_and_silence_are_no_rows():
    text = (
        HEAD + layer("Split", tops="a b") + layer("TanH", "a", "c") + 'layer { name: "s" type: "Silence" bottom: "b" }'
    )
    assert [row.name for row in report(text).layers] == ["c"]


def test_the_page_lists_every_type():
    page = (Path(__file__).resolve().parents[2] / "docs" / "readers" / "caffe.md").read_text()
    for kind in (*TABLE, *SOURCES):
        assert f"`{kind}`" in page, kind
