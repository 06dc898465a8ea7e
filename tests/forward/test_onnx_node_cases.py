"""Every node test of ONNX that a layer kind covers passes through the kernels, or has a reason; the docs say how many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

import onnx_cases  # noqa: E402 - it needs onnx
from onnx_case_maps import MAPS  # noqa: E402
from onnx_case_table import table  # noqa: E402

PAGE = Path(__file__).parents[2] / "docs" / "onnx_node_cases.md"


def test_every_case_passes_or_has_a_reason() -> None:
    wrong = [(o.name, o.told) for o in onnx_cases.outcomes() if not o.passed and not o.reason]
    assert not wrong


def test_every_operator_has_cases_and_most_of_them_pass() -> None:
    found = {op: [o.passed for o in onnx_cases.outcomes() if o.op == op] for op in MAPS}
    assert all(found.values())
    # All of its cases ask for another slope than torch's.
    assert {op for op, passed in found.items() if not any(passed)} == {"HardSigmoid"}


@pytest.mark.parametrize("name", ["test_basic_conv_with_padding", "test_maxpool_2d_ceil", "test_lstm_defaults"])
def test_a_kernel_that_is_off_is_seen(name, monkeypatch) -> None:
    (case,) = [case for case in onnx_cases.cases() if case.name == name]
    assert onnx_cases.run(case).passed
    right = onnx_cases.kernel
    monkeypatch.setattr(onnx_cases, "kernel", lambda kind: lambda *args: right(kind)(*args) * np.float32(1.01))
    assert not onnx_cases.run(case).passed


def test_the_page_is_current() -> None:
    text = PAGE.read_text()
    if f"onnx {onnx.__version__}," not in text:
        pytest.skip("the page was written from another version of onnx")
    assert text == table(), "python tests/forward/onnx_case_table.py > docs/onnx_node_cases.md"
