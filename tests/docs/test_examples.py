"""The workflow and the hooks that others copy: their commands run, and fail when they should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pages import ROOT

STEPS = yaml.safe_load((ROOT / "docs" / "examples" / "github-actions.yaml").read_text(encoding="utf-8"))
STEPS = [step for step in STEPS["jobs"]["cnnshape"]["steps"] if "run" in step and "pip install" not in step["run"]]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

SMALL = "input: 3x3x3\nlayers:\n  - conv: {out_channels: 8, padding: 1}\n  - relu\n  - global_avg_pool\n  - flatten\n  - linear: 10\n"


def shell(command: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **more}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "small.yaml").write_text(SMALL)
    begin = "git init -q && git add . && git -c user.name=a -c user.email=a@b.c commit -q -m a"
    assert shell(f"{begin} && git update-ref refs/remotes/origin/main HEAD", tmp_path).returncode == 0
    return tmp_path


def test_every_step_of_the_workflow_runs(repository) -> None:
    (repository / "models" / "small.yaml").write_text(SMALL.replace("8", "16"))
    (repository / "models" / "new.yaml").write_text(SMALL)
    assert [step["name"] for step in STEPS] == ["Budgets", "Lint", "What changed"]
    for step in STEPS:
        done = shell(step["run"], repository, BASE="main", GITHUB_STEP_SUMMARY="summary.md")
        assert done.returncode == 0, done.stderr + done.stdout
    summary = (repository / "summary.md").read_text()
    assert "out_channels 8 -&gt; 16" in summary or "out_channels 8 -> 16" in summary
    assert "new.yaml" not in summary


def test_a_model_over_its_budget_fails_the_workflow_with_an_annotation(repository) -> None:
    (repository / "models" / "large.yaml").write_text(SMALL.replace("linear: 10", "linear: 1000000"))
    done = shell(STEPS[0]["run"], repository)
    assert done.returncode == 1
    assert "::error file=models/large.yaml" in done.stdout


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_every_hook_takes_files_and_fails_on_a_wrong_one(hook, repository) -> None:
    assert hook["language"] == "python"
    arguments = "--max params=5M" if "check" in hook["entry"] else ""
    assert shell(f"{hook['entry']} {arguments} models/small.yaml", repository).returncode == 0
    (repository / "models" / "wrong.yaml").write_text(SMALL.replace("8", "none"))
    assert shell(f"{hook['entry']} {arguments} models/small.yaml models/wrong.yaml", repository).returncode == 2
