"""Darknet's sections, each in a small file of its own, by rules written out here."""

import pytest

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.darknet import read
from cnnshape.readers.darknet.bflops import printed
from cnnshape.readers.file import File

NET = "[net]\nheight=11\nwidth=13\nchannels=6\n"


def file(text):
    return File("some.cfg", text.encode())


def analysed(text, **options):
    network, problems = read(file(text), Options(**options))
    assert not problems, problems
    return calculate(network, network.batch)


def last(sections, net=NET, **options):
    return analysed(net + sections, **options).layers[-1]


def problem(text, **options):
    try:
        _, problems = read(file(text), Options(**options))
    except ModelError as error:
        problems = error.problems
    return problems[0]


def convolution(n, size, stride, padding):
    """How often a window of `size` fits, tried out position by position."""
    return sum(1 for start in range(-padding, n + padding - size + 1, stride))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pad", [0, 1])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_a_convolution_has_the_size_of_its_undilated_window(size, stride, pad, dilation):
    section = (
        f"[convolutional]\nfilters=7\nsize={size}\nstride={stride}\npad={pad}\ndilation={dilation}\nactivation=linear\n"
    )
    layer = last(section, sets={"fork": "alexeyab"})
    wanted = [convolution(n, size, stride, size // 2 if pad else 0) for n in (11, 13)]
    assert list(layer.output_shapes[0][2:]) == wanted
    assert layer.params == 7 * 6 * size * size + 7


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_maxpool_is_padded_by_size_less_one_in_all(size, stride):
    layer = last(f"[maxpool]\nsize={size}\nstride={stride}\n")
    assert list(layer.output_shapes[0][2:]) == [len(range(0, n, stride)) for n in (11, 13)]


@pytest.mark.parametrize(
    ("sections", "shape", "params", "buffers"),
    [
        ("[convolutional]\nfilters=4\nsize=3\ngroups=2\nbatch_normalize=1\nactivation=mish\n", (4, 9, 11), 0, 0),
        ("[convolutional]\nfilters=4\nstride=2\nstride_x=1\nactivation=linear\n", (4, 6, 13), 28, 0),
        ("[convolutional]\nfilters=4\nsize=3\npad=1\nstride=2\nantialiasing=1\n", (4, 6, 7), 0, 0),
        (
            "[deconvolutional]\nfilters=4\nsize=4\nstride=2\npadding=1\nactivation=linear\n",
            (4, 22, 26),
            6 * 4 * 16 + 4,
            0,
        ),
        ("[local]\nfilters=4\nsize=3\npad=1\nactivation=linear\n", (4, 11, 13), 4 * 143 * (6 * 9 + 1), 0),
        ("[local]\nfilters=4\nsize=3\nactivation=linear\n", (4, 9, 11), 4 * 99 * (6 * 9 + 1), 0),
        ("[connected]\noutput=5\nactivation=linear\n", (5,), 5 * (6 * 143 + 1), 0),
        ("[connected]\noutput=5\nbatch_normalize=1\nactivation=linear\n", (5,), 10, 10),
        ("[connected]\noutput=8\n[maxpool]\nsize=1\n", (8, 1, 1), 0, 0),
        ("[maxpool]\nmaxpool_depth=1\nout_channels=2\n", (2, 11, 13), 0, 0),
        ("[maxpool]\nsize=2\nstride=2\nantialiasing=1\n", (6, 6, 7), 0, 0),
        ("[local_avgpool]\nsize=3\nstride=2\n", (6, 6, 7), 0, 0),
        ("[avgpool]\n", (6, 1, 1), 0, 0),
        ("[upsample]\nstride=3\n", (6, 33, 39), 0, 0),
        ("[upsample]\nstride=-2\n", (6, 5, 6), 0, 0),
        ("[crop]\ncrop_height=7\ncrop_width=5\n", (6, 7, 5), 0, 0),
        ("[reorg]\nstride=1\nextra=3\n", (6 * 143 + 3,), 0, 0),
        ("[normalization]\nsize=5\n", (6, 11, 13), 0, 0),
        ("[batchnorm]\n", (6, 11, 13), 12, 12),
        ("[l2norm]\n", (6, 11, 13), 0, 0),
        ("[activation]\nactivation=swish\n", (6, 11, 13), 0, 0),
        ("[activation]\n", (6, 11, 13), 0, 0),
        ("[logistic]\n", (6, 11, 13), 0, 0),
        ("[dropout]\nprobability=.3\n", (6, 11, 13), 0, 0),
        ("[softmax]\n", (6 * 143,), 0, 0),
        ("[softmax]\ngroups=3\n", (6 * 143,), 0, 0),
        ("[softmax]\nspatial=1\n", (6, 11, 13), 0, 0),
        ("[yolo]\nclasses=1\nnum=3\nmask=1\n", (6, 11, 13), 0, 0),
        ("[region]\nclasses=1\nnum=1\n", (6, 11, 13), 0, 0),
        ("[implicit]\nfilters=5\n", (5, 1, 1), 5, 0),
    ],
)
def test_a_section_gives_its_size_and_weights(sections, shape, params, buffers):
    layer = last(sections)
    assert layer.output_shapes[0][1:] == shape
    assert (layer.params, layer.buffers) == (params, buffers)


def test_reorg_moves_squares_into_channels_and_back():
    net = "[net]\nheight=10\nwidth=14\nchannels=3\n"
    assert last("[reorg]\nstride=2\n", net).output_shapes[0] == (1, 12, 5, 7)
    assert last("[reorg]\nstride=2\n[reorg3d]\nstride=2\nreverse=1\n", net).output_shapes[0] == (1, 3, 10, 14)


def test_a_route_counts_from_the_start_or_from_itself_and_takes_a_group():
    both = "[maxpool]\nsize=1\n[dropout]\n[route]\nlayers=0,-1\n"
    assert last(both).output_shapes[0] == (1, 12, 11, 13)
    group = last("[dropout]\n[route]\nlayers=-1\ngroups=3\ngroup_id=1\n")
    assert (group.kind, group.output_shapes[0]) == ("slice", (1, 2, 11, 13))
    flat = last("[avgpool]\n[dropout]\n[maxpool]\nsize=1\n[crop]\ncrop_height=1\ncrop_width=1\n[route]\nlayers=0,-1\n")
    assert flat.output_shapes[0] == (1, 12, 1, 1)
    uneven = last("[dropout]\n[avgpool]\n[route]\nlayers=0,1\n")
    assert uneven.output_shapes[0] == (1, 6 * 143 + 6)


@pytest.mark.parametrize(
    ("before", "here", "kinds"),
    [
        ((6, 1), (6, 1), ["add"]),
        ((8, 1), (6, 1), ["slice", "add"]),
        ((4, 1), (6, 1), ["slice", "slice", "add", "concat"]),
        ((6, 1), (6, 2), ["slice", "slice", "add"]),
        ((9, 1), (6, 2), ["slice", "slice", "slice", "add"]),
    ],
)
def test_a_shortcut_adds_what_both_have(before, here, kinds):
    conv = "[convolutional]\nfilters={}\nsize=1\nstride={}\nactivation=linear\n"
    text = NET + conv.format(*before) + "[route]\nlayers=-1\n" + conv.format(*here) + "[shortcut]\nfrom=-3\n"
    rows = [layer for layer in analysed(text).layers if layer.name.startswith("shortcut")]
    assert sorted(row.kind for row in rows) == sorted(kinds)
    assert rows[-1].output_shapes[0][1] == here[0]


def test_weighted_shortcuts_learn_one_number_per_term_or_per_channel():
    conv = "[convolutional]\nfilters=6\nactivation=linear\n"
    for kind, wanted in (("per_feature", 3), ("per_channel", 18)):
        report = analysed(NET + conv * 3 + f"[shortcut]\nfrom=-2,-3\nweights_type={kind}\nactivation=leaky\n")
        assert sum(layer.params for layer in report.layers if layer.name.startswith("shortcut")) == wanted


def test_scale_channels_has_the_size_of_from_and_sam_its_own():
    report = analysed(
        NET + "[dropout]\n[avgpool]\n[scale_channels]\nfrom=-2\n[dropout]\n[sam]\nfrom=-2\nactivation=logistic\n"
    )
    assert [layer.output_shapes[0] for layer in report.layers if layer.kind == "mul"] == [(1, 6, 11, 13)] * 2


def test_shared_weights_are_counted_once():
    conv = "[convolutional]\nfilters=6\nbatch_normalize=1\nactivation=linear\n"
    report = analysed(NET + conv + conv + "share_index=0\n")
    assert (report.totals.params, report.totals.buffers) == (36 + 12, 12)
    assert report.totals.macs == 2 * 36 * 143


@pytest.mark.parametrize(
    ("section", "params", "macs"),
    [
        ("[rnn]\noutput=5\nhidden=7\n", (7 * 9 + 7) + (7 * 7 + 7) + (5 * 7 + 5), 7 * 9 + 7 * 7 + 5 * 7),
        ("[gru]\noutput=5\n", 3 * (5 * 9 + 5) + 3 * (5 * 5 + 5), 3 * 5 * 9 + 3 * 25),
        ("[lstm]\noutput=5\n", 4 * (5 * 9 + 5) + 4 * (5 * 5 + 5), 4 * 5 * 9 + 4 * 25),
        ("[lstm]\noutput=5\nbatch_normalize=1\n", 4 * (5 * 9 + 10) + 4 * (5 * 5 + 10), 4 * 5 * 9 + 4 * 25),
    ],
)
def test_a_recurrent_section_is_one_step(section, params, macs):
    report = analysed("[net]\ninputs=9\ntime_steps=3\n" + section, sets={"fork": "alexeyab"})
    assert (report.totals.params, report.totals.macs) == (params, macs)
    assert report.layers[-1].output_shapes[0] == (1, 5)


@pytest.mark.parametrize(
    ("section", "channels"),
    [
        ("[crnn]\noutput_filters=4\nhidden_filters=5\npad=1\nactivation=leaky\n", [(5, 6), (5, 5), (4, 5)]),
        ("[conv_lstm]\noutput_filters=4\npad=1\n", [(4, 6)] * 4 + [(4, 4)] * 4),
        ("[conv_lstm]\noutput_filters=4\npad=1\npeephole=1\n", [(4, 6)] * 4 + [(4, 4)] * 7),
    ],
)
def test_a_convolutional_recurrence_has_a_convolution_per_gate(section, channels):
    report = analysed(NET + section)
    assert report.totals.params == sum(out * (9 * into + 1) for out, into in channels)
    assert report.layers[-1].output_shapes[0] == (1, 4, 11, 13)


def test_operations_are_counted_as_the_program_that_the_file_is_for_counts_them():
    text = NET + "[convolutional]\nfilters=6\nxnor=1\nactivation=linear\n[maxpool]\nsize=2\n[shortcut]\nfrom=-2\n"
    mac = 36 * 143
    by = {fork: [line.operations for line in printed(file(text), Options(sets={"fork": fork}))] for fork in FORKS}
    assert by["pjreddie"] == [2 * mac, 0, 0]
    assert by["alexeyab"] == [2 * mac // 32, 4 * 6 * 143, 6 * 143]


FORKS = ("pjreddie", "alexeyab")


@pytest.mark.parametrize("key", ["[sam]\nfrom=-1", "[route]\nlayers=-1\ngroups=2", "[maxpool]\nsize=1\nstride_x=1"])
def test_what_only_alexeyab_reads_tells_that_the_file_is_his(key):
    lines = printed(file(NET + "[maxpool]\nsize=1\n" + key))
    assert lines[0].operations == 6 * 143
    assert printed(file(NET + "[maxpool]\nsize=1\n"))[0].operations == 0


def test_text_is_read_as_the_program_reads_it():
    text = "# a\n; b\n\n [ net ]\r\n h eight = 11\nheight=11 # c\nwidth=13abc\nchannels=3\nheight=99\n[avgpool]\n"
    assert analysed(text).layers[-1].input_shapes[0] == (1, 3, 11, 13)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "CNN-E106", 1),
        ("[net]\n", "CNN-E106", 1),
        ("[convolutional]\nfilters=3\n", "CNN-E106", 1),
        ("height=3\n[net]\n[avgpool]", "CNN-E106", 1),
        (NET + "[maxpool\nsize=2\n", "CNN-E106", 5),
        (NET + "[maxpool]\nsize\n", "CNN-E106", 6),
        ("[net]\nheight=3\nwidth=3\n[avgpool]\n", "CNN-E802", 1),
        ("[net]\ninputs=3\n[avgpool]\n", "CNN-E404", 3),
        (NET + "[maxpool]\nsize=two\n", "CNN-E803", 6),
        (NET + "[maxpool]\nsize=0\n", "CNN-E803", 6),
        (NET + "[convolutional]\nactivation=leeky\n", "CNN-E803", 6),
        (NET + "[route]\nlayers=-1\n", "CNN-E301", 6),
        (NET + "[dropout]\n[route]\nlayers=1\n", "CNN-E301", 7),
        (NET + "[route]\n", "CNN-E204", 5),
        (NET + "[softmax]\ngroups=5\n", "CNN-E402", 6),
        (NET + "[yolo]\nclasses=20\n", "CNN-E405", 6),
        (NET + "[detection]\nside=7\n", "CNN-E405", 6),
        (NET + "[conv_lstm]\nbottleneck=1\n", "CNN-E803", 6),
    ],
)
def test_a_mistake_has_its_code_and_its_line(text, code, line):
    found = problem(text)
    assert (found.code, found.place.line) == (code, line)
    if line <= text.count("\n"):
        assert found.source_line == text.split("\n")[line - 1]


def test_what_follows_from_a_mistake_is_no_second_mistake():
    _, problems = read(file(NET + "[maxpool]\nsize=0\n[yolo]\n[shortcut]\nfrom=-2\n[softmax]\ngroups=7\n"), Options())
    assert len(problems) == 1


def test_an_unknown_section_is_an_unknown_row_or_with_strict_an_error():
    text = NET + "[dropout]\n[frob]\n[convolutional]\nfilters=3\n[route]\nlayers=-3\n[avgpool]\n"
    report = analysed(text)
    assert [layer.output_shapes[0].known for layer in report.layers] == [True, False, False, True, True]
    assert report.layers[1].params is None
    found = problem(text, strict=True)
    assert (found.code, found.place.line) == ("CNN-E801", 6)


def test_the_user_can_set_size_batch_and_fork():
    report = analysed(NET + "[avgpool]\n", inputs={"": (5, 7, 9)}, batch=3)
    assert report.layers[0].input_shapes[0] == (3, 5, 7, 9)
    assert problem(NET + "[avgpool]\n", inputs={"data": (5, 7, 9)}).code == "CNN-E301"
    assert problem(NET + "[avgpool]\n", inputs={"": (5, 7)}).code == "CNN-E404"
    assert problem(NET + "[avgpool]\n", sets={"fork": "alexayb"}).fix == "did you mean alexeyab?"
    assert problem(NET + "[avgpool]\n", sets={"frok": "alexeyab"}).code == "CNN-E206"
