"""Control flow, sequences and text: what the graph alone cannot tell stays unknown."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Sizes, UnknownError, broadcast


def unknown(call: Call) -> Sizes:  # noqa: ARG001
    """The values decide, or it is no tensor at all."""
    raise UnknownError


def scalar(call: Call) -> Sizes:  # noqa: ARG001
    """SequenceLength, OptionalHasElement."""
    return [()]


def same(call: Call) -> Sizes:
    """A test of every element."""
    return [call.x()]


def scan(call: Call) -> Sizes:
    """The states keep their shapes; what is collected depends on the body."""
    first = 1 if call.opset < 9 else 0  # the lengths came in front
    last = len(call.op.inputs) - call.count("num_scan_inputs")
    return list(call.shapes[first:last]) if last > first else []


def string_concat(call: Call) -> Sizes:
    """Element by element."""
    return [broadcast(call.x(), call.x(1))]


def string_split(call: Call) -> Sizes:
    """How many parts there are most is not known; how many each has is one number per text."""
    return [None, call.x()]


def tfidf(call: Call) -> Sizes:
    """One weight per n-gram of the vocabulary."""
    x, where = call.x(), call.sizes("ngram_indexes")
    if not where:
        raise UnknownError
    return [(*x[:-1], max(where) + 1)]
