"""onnxruntime's MatMul with transposed factors: its sizes are the engine's, its MACs those of the axis that goes."""

from itertools import product

import numpy as np
import onnxruntime
import pytest
from onnx_files import model, node, report, sizes, value, weight

from cnnshape.errors import ModelError

FACTORS = [
    ((2, 8, 5), (2, 8, 7)),
    ((2, 5, 8), (2, 7, 8)),
    ((8, 2, 5), (8, 2, 7)),
    ((5, 2, 8), (8, 2, 7)),
    ((5, 2, 3, 8), (8, 2, 3, 7)),
    ((2, 3, 8, 5), (2, 3, 8, 7)),
    ((8, 2, 5), (2, 8, 7)),
]
FLAGS = ("transA", "transB", "transBatchA", "transBatchB")


def fused(a, b, kind="FusedMatMul", **flags):
    made = node(kind, ["a", "b"], ["y"], domain="com.microsoft", **flags)
    return model([made], [value("a", a), value("b", b)], ["y"])


def run(raw, a, b):
    """What the engine gives; None where it refuses."""
    onnxruntime.set_default_logger_severity(4)
    try:
        session = onnxruntime.InferenceSession(raw, providers=["CPUExecutionProvider"])
        return session.run(None, {"a": np.zeros(a, np.float32), "b": np.zeros(b, np.float32)})[0].shape
    except Exception:  # noqa: BLE001
        return None


@pytest.mark.parametrize(("a", "b"), FACTORS, ids=str)
def test_every_way_to_transpose_is_as_onnxruntime_has_it(a, b) -> None:
    held = 0
    for ways in product((0, 1), repeat=4):
        raw = fused(a, b, **dict(zip(FLAGS, ways, strict=True)))
        real = run(raw, a, b)
        if real is None:
            with pytest.raises(ModelError):
                report(raw)
            continue
        made = report(raw)
        assert sizes(raw) == ["x".join(map(str, real))], ways
        # Every element of the first factor meets each column of the second.
        assert (made.totals.macs, made.status.macs) == (np.prod(a) * real[-1], "complete"), ways
        held += 1
    assert held


@pytest.mark.parametrize("kind", ["FusedMatMul", "TransposeMatMul"])
def test_a_first_factor_that_is_transposed(kind) -> None:
    made = report(fused((2, 8, 5), (2, 8, 7), kind, transA=1))
    assert (made.totals.macs, made.status.macs) == (2 * 5 * 8 * 7, "complete")


@pytest.mark.parametrize(("a", "b"), [((5, 2, 8), (8, 7)), ((8, 5), (8, 7))])
def test_a_batch_that_moves_takes_factors_of_equal_rank(a, b) -> None:
    with pytest.raises(
        ModelError, match="transBatchA and transBatchB take two factors of equally many axes, 3 or more"
    ):
        report(fused(a, b, transBatchA=1, transA=int(len(a) == 2)))


def test_a_learned_matrix_that_is_transposed_is_a_linear_layer() -> None:
    made = node("FusedMatMul", ["a", "w"], ["y"], domain="com.microsoft", transB=1)
    found = report(model([made], [value("a", (2, 3, 5))], ["y"], [weight("w", 7, 5)]))
    assert [(row.kind, row.params, row.macs) for row in found.layers] == [("linear", 35, 2 * 3 * 5 * 7)]
