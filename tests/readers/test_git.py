"""git:REF:path: what stands there may be no file."""

from __future__ import annotations

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def test_a_directory_of_a_commit_is_told_as_one(run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "sub dir"
    folder.mkdir()
    (folder / "m.yaml").write_text("input: 3x7x11\nlayers: [relu]\n")
    mail = ("-c", "user.email=a@b.c", "-c", "user.name=a")
    for words in (("init", "-q"), ("add", "."), (*mail, "commit", "-q", "-m", "one")):
        subprocess.run(["git", *words], check=True)
    assert run("get", "git:HEAD:sub dir/m.yaml", "layers.0.kind").out == "relu\n"
    told = run("analyze", "git:HEAD:sub dir")
    assert (told.status, told.out) == (2, "")
    assert "git:HEAD:sub dir: CNN-E101: this is a directory\n  fix: name a file inside it" in told.err
