"""The pages of the documentation, their fenced blocks, and how each kind of block is run."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import cnnshape
from cnnshape.cli import main

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

#: Every word that may follow an opening fence. `text` is shown and not run; `sh` only installs, see test_docs.py.
LANGUAGES = ("console", "yaml", "json", "toml", "python", "sh", "text")

#: The programs that a line with a pipe, a redirection or a substitution may call.
SHELL_WORDS = {"cnnshape", "cat", "echo", "test", "head", "tail", "grep", "gzip"}


class Fence(NamedTuple):
    """One fenced block: the line of its first line of text, its language, further words, its text."""

    line: int
    language: str
    words: list[str]
    text: str


def fences(page: str) -> list[Fence]:
    found, inside, start = [], None, 0
    lines: list[str] = []
    for number, line in enumerate(page.splitlines(), 1):
        mark = re.fullmatch(r"\s*(```+)\s*(.*)", line)
        if inside is None and mark:
            inside, start, lines = mark[2].split(), number + 1, []
        elif inside is not None and mark and not mark[2]:
            text = "\n".join(lines)
            found.append(Fence(start, inside[0] if inside else "", inside[1:], text))
            inside = None
        else:
            lines.append(line)
    assert inside is None, f"the fence that opens above line {start} is never closed"
    return found


def run_page(path: Path, folder: Path) -> list[str]:
    """Run every block of a page in order, in one folder; what is wrong, with its line."""
    blocks = fences(path.read_text(encoding="utf-8"))
    commands = "\n".join(block.text for block in blocks if block.language == "console")
    wrong = []
    with contextlib.chdir(folder):
        for block in blocks:
            try:
                run_block(block, folder, commands)
            except Exception as error:  # noqa: BLE001 - one wrong block must not hide the next
                wrong.append(f"{path.relative_to(ROOT)}:{block.line}: {type(error).__name__}: {error}")
    return wrong


def run_block(block: Fence, folder: Path, commands: str) -> None:
    assert block.language in LANGUAGES, f"a fence says what it holds, one of {LANGUAGES}, not {block.language!r}"
    named = re.match(r"# (\S+\.(?:yaml|toml|json|py|cfg|prototxt))$", block.text.split("\n", 1)[0])
    if named:
        (folder / named[1]).write_text(block.text + "\n", encoding="utf-8")
    if block.language == "console":
        console(block.text)
    elif block.language == "python":
        python(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)
    elif block.language == "json":
        data = json.loads(block.text)
        if isinstance(data, dict) and data.get("schema") == cnnshape.report.SCHEMA:
            same_report(data)
            return
    if block.language in ("yaml", "toml", "json") and not (
        named and re.search(rf"\b{re.escape(named[1])}\b", commands)
    ):
        # A file that a command names is held by what that command prints.
        whole(block)


def spec(block: Fence) -> str:
    """The spec that a block shows: a `fragment` (with an input's shape behind the word, perhaps) gets what it lacks."""
    text = block.text
    if "fragment" in block.words:
        shape = (block.words[block.words.index("fragment") + 1 :] or ["3x32x32"])[0]
        if re.search(r"^- ", text, re.MULTILINE):
            text = "layers:\n" + "\n".join("  " + line for line in text.splitlines())
        if not re.search(r"^layers\b", text, re.MULTILINE):
            text += "\nlayers: [identity]"
        if not re.search(r"^inputs?\b", text, re.MULTILINE):
            text += f"\ninput: {shape}"
    return text if re.search(r"^(layers:|\[\[layers)|\"layers\": \[[{\"]\S", text, re.MULTILINE) else ""


def whole(block: Fence) -> None:
    """Analyse a spec; its promises hold."""
    if text := spec(block):
        report = cnnshape.analyze_text(text)
        assert not report.failed, report.failed


def python(text: str) -> None:
    """Run the statements; an expression with a comment behind it has that value."""
    names: dict[str, object] = {}
    lines = text.splitlines()
    for statement in ast.parse(text).body:
        source = ast.unparse(statement)
        _, sign, comment = lines[(statement.end_lineno or 1) - 1].partition("  # ")
        if isinstance(statement, ast.Expr) and sign:
            value = eval(source, names)  # noqa: S307 - the text is ours
            assert repr(value) == comment.strip() or str(value) == comment.strip(), f"{source} is {value!r}"
        else:
            exec(source, names)  # noqa: S102 - the text is ours


def same_report(shown: dict[str, object]) -> None:
    """A report that a page shows is the one that its source really gives."""
    from cnnshape.render import render

    found = json.loads(render([cnnshape.analyze(shown["model"]["source"])], "json"))
    for key, value in shown.items():
        assert found[key] == value, f"{key} is {found[key]}"


class Result(NamedTuple):
    """What a command printed, on both streams in their order, and its exit status."""

    text: str
    status: int


def console(text: str) -> None:
    """Run the commands behind `$`; lines below a command are its output, `...` stands for lines left out.

    A command ends with status 0, unless its output below shows an error or `$ echo $?` follows.
    """
    parts = re.split(r"^\$ ", text.replace("\\\n", " "), flags=re.MULTILINE)
    assert not parts[0].strip(), f"a console begins with `$ `, not with {parts[0]!r}"
    status = 0
    for index, part in enumerate(parts[1:], 1):
        command, _, shown = part.partition("\n")
        if command.strip() == "echo $?":
            assert shown.strip() == str(status), f"the status was {status}"
            continue
        result = run(command.strip())
        status = result.status
        asked = index + 1 < len(parts) and parts[index + 1].strip().startswith("echo $?")
        assert status == 0 or asked or "CNN-E" in shown, f"{command}: status {status}\n{result.text}"
        if shown.strip():
            same_lines(command, shown, result.text)


def same_lines(command: str, shown: str, real: str) -> None:
    wanted = [line.rstrip() for line in shown.strip("\n").splitlines()]
    got = [line.rstrip() for line in real.strip("\n").splitlines()]
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + r"\n" for line in wanted)
    assert re.fullmatch(pattern, "\n".join([*got, ""])), f"{command} really prints\n{real}"


def run(command: str) -> Result:
    """One command: in this process where it is `cnnshape` alone, in a shell where there is more to it."""
    if command.startswith("cnnshape ") and not re.search(r"[|<>$;&`]", command):
        return inside(shlex.split(command))
    words = re.findall(r"(?:^|[|(;]|&&)\s*([\w.-]+)", command)
    assert set(words) <= SHELL_WORDS, f"{command}: only {sorted(SHELL_WORDS)} are run"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S602 - the text is ours
        command,
        shell=True,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Result(done.stdout.decode(), done.returncode)


def inside(words: list[str]) -> Result:
    """A command line, run in this process as the installed command runs it."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    status = 0
    with (
        contextlib.redirect_stdout(stream),
        contextlib.redirect_stderr(stream),
        mock.patch.object(sys, "argv", words),
    ):
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
    stream.flush()
    return Result(raw.getvalue().decode(), status)
