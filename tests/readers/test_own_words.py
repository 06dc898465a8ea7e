"""Errors in foreign files speak of what stands there, and their fixes can be written into the file as they are."""

import json

import pytest

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.layers import BY_NAME
from cnnshape.readers import Options, caffe, darknet, keras
from cnnshape.readers.caffe.words import DIALECT as CAFFE
from cnnshape.readers.darknet.words import DIALECT as DARKNET
from cnnshape.readers.file import File
from cnnshape.readers.keras.words import DIALECT as KERAS


def caffe_text(fields, kind="Convolution"):
    """The prototxt of one layer on 3 channels of 7 x 11."""
    head = 'input: "data" input_shape { dim: 2 dim: 3 dim: 7 dim: 11 }\n'
    return f'{head}layer {{ name: "c" type: "{kind}" bottom: "data" top: "c" convolution_param {{ {fields} }} }}\n'


def darknet_text(fields):
    lines = fields.replace(" ", "\n")
    return f"[net]\nchannels=3\nheight=7\nwidth=11\n[convolutional]\nstride=1\nactivation=linear\n{lines}\n"


def keras_text(fields):
    config = {"name": "c", "strides": [1, 1], **dict(pair(field) for field in fields.split())}
    source = {"class_name": "InputLayer", "config": {"batch_shape": [None, 7, 11, 3], "name": "i"}}
    layers = [source, {"class_name": "Conv2D", "config": config}]
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}, "keras_version": "3.0.0"})


def pair(field):
    name, _, number = field.partition("=")
    return name, json.loads(number)


READERS = {
    "caffe": (caffe.read, "x.prototxt", caffe_text),
    "darknet": (darknet.read, "x.cfg", darknet_text),
    "keras": (keras.read, "x.json", keras_text),
}


def wrong(form, text):
    """What is wrong with the file; None where nothing is."""
    read, name, _ = READERS[form]
    try:
        network, problems = read(File(name, text.encode()), Options())
        if problems:
            raise ModelError(problems)
        calculate(network, network.batch)
    except ModelError as error:
        (found,) = error.problems
        return found
    return None


@pytest.mark.parametrize(
    ("form", "fields", "fix"),
    [
        ("caffe", "num_output: 5 kernel_size: 9", "pad: 1"),
        ("darknet", "filters=5 size=9", "padding=1"),
        ("keras", "filters=5 kernel_size=[9,9]", 'padding="same"'),
    ],
)
def test_the_fix_of_a_window_that_does_not_fit_is_written_as_the_file_is_and_works(form, fields, fix) -> None:
    text = READERS[form][2]
    found = wrong(form, text(fields))
    assert found.code == "CNN-E401"
    assert found.fix == f"{fix}, or an input of at least 9 here"
    assert wrong(form, text(f"{fields} {fix}")) is None


@pytest.mark.parametrize(
    ("kind", "fields", "message", "fix"),
    [
        ("Convolution", "num_output: 4 kernel_size: 3 group: 2", "group=2 does not divide in_channels=3", "group: 1"),
        ("Convolution", "num_output: 5 kernel_size: 3 group: 3", "group=3 does not divide num_output=5", "group: 1"),
        ("Deconvolution", "num_output: 4 kernel_size: 3 pad: 12", "pad 12 + 12 cuts all of the 9 outputs", "pad: 0"),
    ],
)
def test_messages_and_fixes_of_caffe_name_its_fields(kind, fields, message, fix) -> None:
    found = wrong("caffe", caffe_text(fields, kind))
    assert found.message.startswith(message)
    assert found.fix == fix
    field = fix.partition(":")[0]
    rest = " ".join(part for part in fields.replace(": ", ":").split() if not part.startswith(f"{field}:"))
    assert wrong("caffe", caffe_text(f"{rest} {fix}", kind)) is None


def test_a_spec_keeps_its_own_words() -> None:
    import cnnshape

    with pytest.raises(ModelError) as caught:
        cnnshape.analyze_data({"input": "3x7x11", "layers": [{"conv": {"out_channels": 5, "kernel_size": 9}}]})
    assert caught.value.problems[0].fix == "padding: 1, or padding: same, or an input of at least 9 here"


@pytest.mark.parametrize("dialect", [CAFFE, DARKNET, KERAS])
def test_every_word_stands_for_a_field_of_ours(dialect) -> None:
    fields = {name for kind in BY_NAME.values() for name in kind.__struct_fields__}
    assert set(dialect.words) <= fields
    assert all(dialect.said("no_such_field", value) == "" for value in (1, "same"))


def test_dilation_in_a_message_is_that_of_its_own_axis() -> None:
    found = wrong("keras", keras_text("filters=5 kernel_size=[2,6] dilation_rate=[1,3]"))
    assert found.notes[1] == "width: 11 + 0 + 0 = 11 < 3 * (kernel - 1) + 1 = 16"
