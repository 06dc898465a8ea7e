"""Small networks in Caffe's text, and how tests read them."""

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.caffe import read
from cnnshape.readers.file import File

HEAD = 'name: "net" input: "data" input_shape { dim: 2 dim: 3 dim: 7 dim: 11 }\n'


def network(text, **options):
    found, problems = read(File("net.prototxt", text.encode()), Options(**options))
    if problems:
        raise ModelError(problems)
    return found


def report(text, **options):
    found = network(text, **options)
    return calculate(found, found.batch)


def problems(text, **options):
    try:
        report(text, **options)
    except ModelError as error:
        return [(p.code, p.place.line, p.place.column, p.message) for p in error.problems]
    return []


def layer(kind, bottoms="data", tops="y", fields="", name=None):
    named = "".join(f' bottom: "{b}"' for b in bottoms.split()) + "".join(f' top: "{t}"' for t in tops.split())
    return f'layer {{ name: "{name or tops.split()[0]}" type: "{kind}"{named} {fields} }}\n'


LENET = """
name: "LeNet"
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 64 dim: 1 dim: 28 dim: 28 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 20 kernel_size: 5 stride: 1 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  convolution_param { num_output: 50 kernel_size: 5 stride: 1 } }
layer { name: "pool2" type: "Pooling" bottom: "conv2" top: "pool2"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool2" top: "ip1" inner_product_param { num_output: 500 } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "ip2" top: "prob" }
"""
