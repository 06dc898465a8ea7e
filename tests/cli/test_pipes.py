"""Streams that nobody reads, that are closed, and files that are none."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from threading import Thread

import pytest

from cnnshape.cli import convert as command

CNNSHAPE = [sys.executable, "-m", "cnnshape"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pipes as POSIX has them")


def unread(*args: str, errors_too: bool = False) -> tuple[int, bytes]:
    """The status of a run whose output nobody reads, and what it says on standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    stderr = writer if errors_too else subprocess.PIPE
    done = subprocess.run([*CNNSHAPE, *args], stdout=writer, stderr=stderr, check=False)
    os.close(writer)
    return done.returncode, done.stderr or b""


@pytest.mark.parametrize(
    "args",
    [
        "analyze zoo:lenet5",
        "get zoo:lenet5 params",
        "schema",
        "zoo",
        "explain zoo:lenet5",
        "check zoo:lenet5 --max params=1M",
        "convert zoo:lenet5 -o - --to yaml",
        "--help",
        "--version",
        "solve --help",
    ],
)
def test_a_result_that_nobody_reads_is_no_fault(args) -> None:
    assert unread(*args.split()) == (0, b"")


def test_a_network_as_onnx_that_nobody_reads_is_no_fault() -> None:
    pytest.importorskip("onnx")
    assert unread("convert", "zoo:lenet5", "-o", "-") == (0, b"")


def test_the_status_stays_that_of_the_result() -> None:
    assert unread("check", "zoo:lenet5", "--max", "params=1") == (1, b"")
    assert unread("analyze", "there_is_none.yaml", errors_too=True) == (2, b"")


def test_standard_input_that_is_closed_is_told() -> None:
    call = 'exec "$0" -m cnnshape get - params <&-'
    done = subprocess.run(["sh", "-c", call, sys.executable], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("<stdin>: CNN-E101: standard input is closed\n  fix: ")


def test_standard_output_that_is_closed_is_told() -> None:
    call = 'exec "$0" -m cnnshape convert zoo:lenet5 -o - >&-'
    done = subprocess.run(["sh", "-c", call, sys.executable], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "CNN-E701: -o - writes to standard output, which is closed" in done.stderr


def test_a_named_pipe_gets_the_file_and_stays_a_pipe(tmp_path) -> None:
    path = tmp_path / "model.onnx"
    os.mkfifo(path)
    # Opened for both ends, so that neither side waits for the other where the file is replaced.
    held = os.open(path, os.O_RDWR)
    writer = Thread(target=command.whole, args=(str(path), lambda out: out.write(b"network")), daemon=True)
    writer.start()
    writer.join(60)
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert os.read(held, 100) == b"network"
    os.close(held)
    assert [one.name for one in tmp_path.iterdir()] == ["model.onnx"]
