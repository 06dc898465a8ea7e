from pathlib import Path

from onnx_operators import mark, operators, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "readers" / "onnx.md"


def test_the_page_lists_every_operator_of_the_newest_opset():
    assert table() in PAGE.read_text(encoding="utf-8"), "python tests/readers/onnx_operators.py"


def test_at_least_140_operators_are_covered():
    marks = [mark(name) for name in operators()]
    assert marks.count("covered") + marks.count("elementwise") >= 140
    assert len(marks) > 190
