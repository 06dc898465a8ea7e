"""A file as it stands in a commit: git:REF:path, read through the user's own git."""

from __future__ import annotations

from cnnshape.errors import ModelError, Place, Problem
from cnnshape.readers.file import File


def committed(source: str) -> File:
    """The file of `git:REF:path`; the path counts from the current directory, as in a shell.

    Errors: ModelError CNN-E101 with what git says; CNN-E703 where there is no git
    """
    import subprocess

    _, _, rest = source.partition(":")
    ref, sign, path = rest.partition(":")
    if not sign or not ref or not path or ref.startswith("-"):
        raise _refused("CNN-E701", source, "write git:REF:path", "git:HEAD~1:model.yaml")
    inside = path if path.startswith("/") else f"./{path}"
    try:
        told = subprocess.run(  # noqa: S603 - the user's own git, no shell between
            ["git", "--no-pager", "show", "--no-textconv", f"{ref}:{inside}"],  # noqa: S607
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
    return File(source, told.stdout)


def _refused(code: str, source: str, message: str, fix: str = "") -> ModelError:
    return ModelError([Problem(code, message, Place(source), fix=fix)])
