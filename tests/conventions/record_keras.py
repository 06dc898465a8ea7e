"""A network of ours as a Keras model, so that Keras and the profiler of TensorFlow count the same thing."""

import keras
import tensorflow as tf
from keras import layers as kl


def built(network, report):
    """Channels last, as TensorFlow runs on a CPU; a batch of one."""
    values, owners = {}, {}
    for number, tensor in enumerate(network.inputs):
        values[number] = keras.Input((*tensor.shape[1:], tensor.shape[0]), batch_size=1)
    inputs = list(values.values())
    for node, row in zip(network.nodes, report.layers, strict=True):
        xs = [values[number] for number in node.inputs]
        made = made_of(node.layer, row, owners.get(node.share), xs)
        owners[node.name] = made[1] if isinstance(made, tuple) else None
        values[node.outputs[0]] = made[0] if isinstance(made, tuple) else made
    return keras.Model(inputs, [values[number] for number in network.outputs])


def padded(layer, row, x):
    windows = layer.windows(*row.input_shapes)
    pads = tuple((w.before, w.after) for w in windows)
    return kl.ZeroPadding2D(pads)(x) if any(map(any, pads)) else x


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def made_of(layer, row, owner, xs):
    x = xs[0]
    match row.kind:
        case "conv":
            channels, groups = row.input_shapes[0][1], layer.groups
            if owner is None and groups == channels == layer.out_channels:
                owner = kl.DepthwiseConv2D(pair(layer.kernel_size), pair(layer.stride), use_bias=layer.bias)
            elif owner is None:
                owner = kl.Conv2D(
                    layer.out_channels,
                    pair(layer.kernel_size),
                    pair(layer.stride),
                    dilation_rate=pair(layer.dilation),
                    groups=groups,
                    use_bias=layer.bias,
                )
            return owner(padded(layer, row, x)), owner
        case "conv_transpose":
            return kl.Conv2DTranspose(
                layer.out_channels, pair(layer.kernel_size), pair(layer.stride), use_bias=layer.bias
            )(x)
        case "linear":
            return kl.Dense(layer.out_features, use_bias=layer.bias)(x)
        case "batch_norm":
            return kl.BatchNormalization(scale=layer.affine, center=layer.affine)(x)
        case "max_pool" | "avg_pool":
            kind = kl.MaxPooling2D if row.kind == "max_pool" else kl.AveragePooling2D
            stride = layer.kernel_size if layer.stride is None else layer.stride
            return kind(pair(layer.kernel_size), pair(stride))(padded(layer, row, x))
        case "global_avg_pool":
            return kl.GlobalAveragePooling2D(keepdims=True)(x)
        case "adaptive_avg_pool":
            assert row.input_shapes == row.output_shapes
            return kl.Activation("linear")(x)
        case "flatten":
            return kl.Flatten()(x)
        case "dropout":
            return kl.Dropout(0.5)(x)
        case "add":
            return kl.Add()(xs)
        case "mul":
            return kl.Multiply()(xs)
        case "concat":
            return kl.Concatenate()(xs)
        case "crop":
            top, left = ((a - b) // 2 for a, b in zip(row.input_shapes[0][2:], row.output_shapes[0][2:], strict=True))
            return kl.Cropping2D((top, left))(x)
        case "softmax":
            return kl.Softmax()(x)
        case "relu" | "relu6" | "silu" | "sigmoid" | "tanh":
            return kl.Activation(row.kind)(x)
    raise NotImplementedError(row.kind)


def profiled(model):
    """What the profiler counts in the frozen graph."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    call = tf.function(lambda x: model(x, training=False))
    frozen = convert_variables_to_constants_v2(call.get_concrete_function(tf.TensorSpec(model.inputs[0].shape)))
    builder = tf.compat.v1.profiler.ProfileOptionBuilder
    options = builder(builder.float_operation()).with_empty_output().build()
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(frozen.graph.as_graph_def(), name="")
        return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops
