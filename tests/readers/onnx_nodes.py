"""Nodes of the onnx package as our Op, for the tests of shapes and folding."""

from functools import cache

from cnnshape.readers.onnx.op import Const, Op

KINDS = {"f": "float", "i": "int", "u": "int", "b": "bool", "O": "string", "U": "string"}
BFLOAT16 = 16


def const(array):
    """A numpy array or a tensor as ours; None where it is large or of a type that folding does not know."""
    import numpy as np
    import onnx
    from onnx.helper import np_dtype_to_tensor_dtype

    dtype = 0
    if isinstance(array, onnx.TensorProto):
        dtype = array.data_type
        array = onnx.numpy_helper.to_array(array)
    array = np.asarray(array)
    if array.dtype.kind not in "OU":
        try:
            dtype = dtype or np_dtype_to_tensor_dtype(array.dtype)
        except (KeyError, ValueError):
            return None
    if dtype == BFLOAT16:
        array = array.astype(np.float32)
    kind = KINDS.get(array.dtype.kind)
    if kind is None or array.size > 65536:
        return None
    return Const(array.shape, kind, tuple(array.reshape(-1).tolist()), dtype)


def attribute(item):
    import onnx
    from onnx import numpy_helper

    value = onnx.helper.get_attribute_value(item)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, onnx.TensorProto):
        return const(numpy_helper.to_array(value))
    if isinstance(value, onnx.SparseTensorProto):
        return None
    if isinstance(value, int | float | str):
        return value
    if hasattr(value, "__iter__"):
        return tuple(v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in value)
    return value


def op(node, opset):
    found = {item.name: attribute(item) for item in node.attribute}
    return Op(node.op_type, node.domain, node.name, tuple(node.input), tuple(node.output), found, opset)


def opset_of(model, domain=""):
    return next((o.version for o in model.opset_import if o.domain in {domain, domain or "ai.onnx"}), 1)


@cache
def cases():
    """(name, model, first data set) of every one-node test that the onnx package makes."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return [(case.name, case.model, case.data_sets[0]) for case in collect_testcases(None) if case.data_sets]
