"""Real processes: exit status, streams apart, pipes that close early, encodings, terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

CNNSHAPE = [sys.executable, "-m", "cnnshape"]


def process(*args: str, stdin: str = "", cwd=None, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*CNNSHAPE, *args], input=stdin.encode(), capture_output=True, check=False, cwd=cwd, env={**os.environ, **env}
    )


def test_results_and_everything_else_go_apart() -> None:
    spec = "input: 3\nlayers:\n  - linear: 5\n    expect: 7\n"
    done = process("analyze", "-", "-f", "json", stdin=spec)
    assert done.returncode == 1
    assert json.loads(done.stdout)["totals"]["params"] == 20
    assert done.stderr.startswith(b"<stdin>:3: CNN-E601")


def test_a_wrong_model_leaves_standard_output_empty() -> None:
    done = process("analyze", "-", stdin="input: 3\nlayers: [linear, {conv: {kernal: 3}}]\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"CNN-E") >= 2, "all independent errors in one run"


@pytest.mark.parametrize("args", [["analyze", "zoo:resnet152", "-c", "all"], ["explain", "zoo:resnet152"]], ids=str)
def test_a_pipe_that_closes_is_silent(args) -> None:
    with subprocess.Popen([*CNNSHAPE, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full disk")  # noqa: PTH110
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run([*CNNSHAPE, "zoo"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"cnnshape: No space left on device\n"


def test_a_stream_that_knows_ascii_alone_gets_codes() -> None:
    spec = 'name: "Réseau"\ninput: 3\nlayers: [relu]\n'
    done = process("analyze", "-", stdin=spec, PYTHONIOENCODING="ascii")
    assert done.stdout.startswith(b"R\\u00e9seau: ")
    done = process("analyze", "-", "-f", "json", stdin=spec, PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["model"]["name"] == "Réseau"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("env", "coloured", "drawn"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, False, True),
        ({"PYTHONIOENCODING": "ascii"}, True, False),
    ],
    ids=str,
)
def test_a_terminal_gets_colours_and_bars_where_it_knows_them(env, coloured, drawn) -> None:
    import pty

    main, side = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    full = {**clean, "TERM": "xterm-256color", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", **env}
    with subprocess.Popen([*CNNSHAPE, "analyze", "zoo:lenet5"], stdout=side, stderr=side, env=full) as running:
        os.close(side)
        shown = b""
        try:
            while piece := os.read(main, 65536):
                shown += piece
        except OSError:  # the other end is closed
            pass
        assert running.wait() == 0
    os.close(main)
    text = shown.decode()
    assert ("\x1b[36m" in text) == coloured, "conv is cyan"
    assert ("█" in text) == ("─" in text) == drawn
    assert ("##" in text) == (not drawn)


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are any bytes")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("analyze -f json", 0),
        ("analyze -f csv", 0),
        ("lint -f json", 0),
        ("lint -f sarif", 0),
        ("check --max params=1 -f json", 1),
        ("check --max params=1 -f sarif", 1),
        ("check --max params=1 -f junit", 1),
        ("sizes --range 7:9 -f json", 0),
        ("reconcile -f json", 0),
        ("diff zoo:lenet5 -f json", 0),
        ("verify -f json", 0),
    ],
)
def test_a_file_name_that_is_no_text_is_no_fault(tmp_path, words, status) -> None:
    name = os.fsdecode(b"b\xffx.yaml")
    (tmp_path / name).write_text("input: 3x7x7\nlayers: [relu]\n")
    if status:
        (tmp_path / name).write_text("input: 3x7x7\nlayers: [{conv: 5}]\n")
    done = process(*words.split(), name, cwd=tmp_path)
    assert (done.returncode, b"Traceback" in done.stderr) == (status, False)
    text = done.stdout.decode("utf-8")
    if "json" in words or "sarif" in words:
        json.loads(text.encode("utf-8"))
    assert ("b%FFx.yaml" in text) == ("sarif" in words and status == 1)


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are any bytes")
@pytest.mark.parametrize("form", ["json", "sarif", "junit", "markdown", "github"])
def test_nor_where_it_is_the_name_of_no_file(tmp_path, form) -> None:
    done = process("lint", os.fsdecode(b"no\xffpe.yaml"), "zoo:lenet5", "-f", form, cwd=tmp_path)
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)
    assert done.stdout.decode("utf-8")
