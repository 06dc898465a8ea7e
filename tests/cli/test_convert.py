"""`cnnshape convert`: the file is there in full or not at all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cnnshape.cli import convert as command

onnx = pytest.importorskip("onnx")

SPEC = """
input: 3x7x11
vars: {width: 5}
layers:
  - conv: {out_channels: "${width}", kernel_size: 3}
    name: c1
  - relu
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(SPEC)
    return path


def run(*args, **options):
    return subprocess.run(
        [sys.executable, "-m", "cnnshape", "convert", *map(str, args)], capture_output=True, check=False, **options
    )


def test_the_file_holds_the_network(spec, tmp_path) -> None:
    done = run(spec, "-o", tmp_path / "m.onnx", "--batch", 2, "--input", "3x13x17", "--set", "width=7")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    model = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim] == [2, 7, 11, 15]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.onnx", "model.yaml"]


def test_same_seed_same_bytes(spec, tmp_path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        run(spec, "-o", tmp_path / f"{name}.onnx", "--seed", seed)
    a, b, c = ((tmp_path / f"{name}.onnx").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize("weights", ["zeros", "none"])
def test_zeros_and_none(spec, tmp_path, weights) -> None:
    run(spec, "-o", tmp_path / "m.onnx", "--weights", weights)
    tensors = onnx.load(tmp_path / "m.onnx").graph.initializer
    assert [t.name for t in tensors] == ([] if weights == "none" else ["c1.weight", "c1.bias"])
    assert not any(onnx.numpy_helper.to_array(t).any() for t in tensors)


def test_a_dash_goes_into_a_pipe(spec) -> None:
    onnx.checker.check_model(onnx.load_from_string(run(spec, "-o", "-").stdout), full_check=True)


def test_a_dash_is_not_for_a_terminal(monkeypatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(Exception, match=r"CNN-E701.*terminal"):
        command.check("-", "none")


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("model.pb", "CNN-E701.*the ending .pb"),
        ("model", "CNN-E701.*no ending"),
        ("none/m.onnx", "CNN-E701.*no directory none"),
        ("there.onnx", "CNN-E701.*is a directory"),
    ],
)
def test_an_output_that_cannot_be_is_refused_with_a_fix(spec, tmp_path, output, told) -> None:
    (tmp_path / "there.onnx").mkdir()
    before = sorted(tmp_path.iterdir())
    done = run(spec, "-o", output, cwd=tmp_path, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    pattern = told.split(".*")
    assert all(part in done.stderr for part in pattern)
    assert "fix: " in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_half_written_stays(tmp_path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"the old one")

    def fill(out) -> None:
        out.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        command.whole(str(path), fill)
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]
    assert path.read_bytes() == b"the old one"


def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(tmp_path) -> None:
    plain, new, old = tmp_path / "plain", tmp_path / "new.onnx", tmp_path / "old.onnx"
    plain.touch()
    old.touch()
    old.chmod(0o640)
    for path in (new, old):
        command.whole(str(path), lambda out: out.write(b"x"))
    assert new.stat().st_mode == plain.stat().st_mode
    assert old.stat().st_mode & 0o777 == 0o640


def test_a_link_keeps_pointing_where_it_points(tmp_path) -> None:
    target, link = tmp_path / "target.onnx", tmp_path / "link.onnx"
    target.touch()
    link.symlink_to(target)
    command.whole(str(link), lambda out: out.write(b"x"))
    assert link.is_symlink()
    assert target.read_bytes() == b"x"


def test_an_unknown_filling_is_refused(spec, tmp_path) -> None:
    done = run(spec, "-o", tmp_path / "m.onnx", "--weights", "zero", text=True)
    assert done.returncode == 2
    assert "did you mean zeros?" in done.stderr


def test_a_black_box_is_refused_and_leaves_no_file(spec, tmp_path) -> None:
    spec.write_text("input: 3x7x11\nlayers:\n  - opaque: [5, 7]\n")
    done = run(spec, "-o", tmp_path / "m.onnx", text=True)
    assert done.returncode == 2
    assert f"{spec}:3" in done.stderr
    assert "CNN-E702" in done.stderr
    assert not (tmp_path / "m.onnx").exists()


@pytest.mark.parametrize("weights", ["random", "none"])
def test_a_dtype_that_onnx_does_not_compute_in_is_refused(spec, tmp_path, weights) -> None:
    done = run(spec, "-o", tmp_path / "m.onnx", "--dtype", "bfloat16", "--weights", weights, text=True)
    assert done.returncode == 2
    assert "CNN-E702" in done.stderr
    assert "float16" in done.stderr


def test_half_precision(spec, tmp_path) -> None:
    run(spec, "-o", tmp_path / "m.onnx", "--dtype", "float16")
    onnx.checker.check_model(onnx.load(tmp_path / "m.onnx"), full_check=True)


def test_a_library_that_is_missing_is_told(spec, tmp_path) -> None:
    (tmp_path / "onnx.py").write_text("raise ImportError")
    done = run(spec, "-o", tmp_path / "m.onnx", text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "CNN-E703" in done.stderr
    assert "pip install 'cnnshape[onnx]'" in done.stderr
    assert not (tmp_path / "m.onnx").exists()


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        ("{weight: 100}", "the written file has 16 fewer params than the network, at two"),
        ("{weight: 0}", "the written file has 84 more params than the network, at two"),
        ("{weight: 84}", ""),
    ],
)
def test_params_that_the_written_arrays_do_not_have_are_told(tmp_path, counted, told) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(
        f"input: 7\nlayers:\n  - linear: 7\n  - linear: {{out_features: 12, bias: false}}\n    name: two\n    counted: {counted}\n"
    )
    done = run(path, "-o", tmp_path / "m.onnx", "--weights", "none", text=True)
    assert (done.returncode, done.stderr) == (0, f"{path}: {told}\n" if told else "")
