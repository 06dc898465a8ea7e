"""A file as it stands in a commit: git:REF:path, read through the user's own git."""

from __future__ import annotations

from cnnshape.errors import ModelError, Place, Problem
from cnnshape.readers.file import File
from cnnshape.text import named


def committed(source: str) -> File:
    """The file of `git:REF:path`; the path counts from the current directory, as in a shell.

    Errors: ModelError CNN-E101 with what git says; CNN-E703 where there is no git
    """
    _, _, rest = source.partition(":")
    ref, sign, path = rest.partition(":")
    if not sign or not ref or not path or ref.startswith("-"):
        raise _refused("CNN-E701", source, "write git:REF:path", "git:HEAD~1:model.yaml")
    inside = path if path.startswith("/") else f"./{path}"
    name = f"{ref}:{inside}"
    if _git(source, "cat-file", "-t", name).strip() == b"tree":
        raise _refused("CNN-E101", source, "this is a directory", "name a file inside it")
    return File(source, _git(source, "show", "--no-textconv", name))


def _git(source: str, *words: str) -> bytes:
    """What git says. ModelError CNN-E101 with its complaint."""
    import subprocess

    try:
        told = subprocess.run(  # noqa: S603 - the user's own git, no shell between
            ["git", "--no-pager", *words],  # noqa: S607
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise _refused("CNN-E703", source, "this needs git, which is not installed") from None
    except (OSError, ValueError) as error:
        raise _refused("CNN-E101", source, f"git cannot be run: {error}") from None
    if told.returncode:
        said = told.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ") or "git failed"
        raise _refused("CNN-E101", source, said.splitlines()[0])
    return told.stdout


def _refused(code: str, source: str, message: str, fix: str = "") -> ModelError:
    return ModelError([Problem(code, message, Place(named(source)), fix=fix)])
