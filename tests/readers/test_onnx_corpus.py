"""The onnx package's own backend test models: every shape that its shape inference gives must be ours."""

import warnings
from collections import Counter
from pathlib import Path

import onnx
import pytest
from onnx import shape_inference

from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.onnx import walked
from cnnshape.readers.onnx.proto import Model
from cnnshape.readers.onnx.wire import Span

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
#: Values whose rank alone is known, as the sizes are an input of the graph: we keep whole shapes or none. And
#: what an If gives that a shape decides, where its branch works with such sizes and the file states the result.
PARTIAL = ("test_center_crop_pad_", "test_affine_grid_")


def stored():
    return [(path.relative_to(DATA).as_posix(), onnx.load(path)) for path in sorted(DATA.glob("*/**/*.onnx"))]


def made():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return [(case.name, case.model) for case in collect_testcases(None)]


def inferred(model):
    found = shape_inference.infer_shapes(model, strict_mode=False, data_prop=True).graph
    shapes = {}
    for info in [*found.value_info, *found.output]:
        kind = info.type.tensor_type
        if info.type.WhichOneof("value") == "tensor_type" and kind.HasField("shape"):
            if all(dim.WhichOneof("value") == "dim_value" for dim in kind.shape.dim):
                shapes[info.name] = tuple(dim.dim_value for dim in kind.shape.dim)
    return shapes


@pytest.mark.parametrize("models", [stored, made])
def test_every_shape_that_onnx_infers_is_equal(models):
    wrong, seen = [], Counter()
    for name, model in models():
        raw = model.SerializeToString()
        walk, frame = walked(File(name, raw), Model(Span(raw, 0, len(raw))), Options())
        wrong += [(name, problem.message) for problem in walk.graph.problems]
        seen["models"] += 1
        for value, shape in inferred(model).items():
            found = frame.values.get(value)
            seen["values"] += 1
            if found is None or found.shape != shape:
                if (
                    name.startswith(PARTIAL)
                    and name.endswith("_expanded")
                    and found is not None
                    and found.shape is None
                ):
                    seen["partial"] += 1
                else:
                    wrong.append((name, value, shape, found and found.shape))
    assert wrong == []
    assert seen["models"] >= (149 if models is stored else 1800)
    assert seen["values"] > 4000
    assert seen["partial"] <= 31
