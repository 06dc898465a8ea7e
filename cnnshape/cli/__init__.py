"""The command line: one file per command, loaded when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from cnnshape.cli.plain import plain
from cnnshape.cli.reading import reads_a_model

#: The commands and the one line that `cnnshape --help` shows of each.
COMMANDS = {
    "analyze": "Every layer's shape, params, MACs, memory and receptive field.",
    "layer": "One layer without a file.",
    "get": "Bare values for scripts.",
    "explain": "Each number as formula, substitution and result.",
    "zoo": "The bundled networks.",
    "verify": "Every number proved by a real forward pass.",
    "check": "Budgets and expectations, held; for builds.",
    "diff": "What changed from one network to another.",
    "lint": "What is wrong with a network, or could be better.",
    "rule": "What a rule of lint finds, and why.",
    "convert": "The network as an ONNX file or a spec.",
    "solve": "The formula backwards: which kernel, stride and padding give a size.",
    "sizes": "A network at many input sizes: which work, which fit, what they cost.",
    "reconcile": "What each counting tool reports for a network, and why.",
    "schema": "The JSON Schema of the spec language or of the report.",
}


class Lazy(TyperGroup):
    """Imports a command's module when the command is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Every command, in the order of the docs."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cnnshape.cli.{cmd_name}")
        command: Any = reads_a_model(typer.main.get_command(module.app))
        command.name = cmd_name
        command.short_help = COMMANDS[cmd_name]
        plain(command.params if ctx is None else command.get_params(ctx))
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the first word; the nearest one is offered for an unknown one."""
        if args and args[0] not in COMMANDS and args[0][:1] != "-" and not ctx.resilient_parsing:
            from cnnshape.api import usage
            from cnnshape.errors import did_you_mean

            near = did_you_mean(args[0], tuple(COMMANDS)) or f"one of {', '.join(COMMANDS)}"
            raise usage(f"unknown command {args[0]}", near)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The list in the help; no command is loaded for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_params(self, ctx: Any) -> Any:
        """The options in front of the command."""
        return plain(super().get_params(ctx))

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the words of the call; --help and --version write here."""
        with _unread():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _unread():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Lazy,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        from cnnshape import __version__

        typer.echo(f"cnnshape {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Shapes, parameters, MACs, memory and receptive fields of convolutional networks, without a framework.

    \b
    cnnshape analyze model.yaml
    cnnshape analyze zoo:resnet50 --format json | jq .totals.params
    cnnshape layer conv 3x32x32 out_channels=10 kernel_size=5 padding=2
    """


def main() -> None:
    """Run; a closed pipe and Ctrl-C end quietly, a wrong model ends with status 2."""
    from cnnshape.errors import ModelError

    if "_CNNSHAPE_COMPLETE" in os.environ:
        from cnnshape.cli.completion import mend

        mend()
    try:
        app(prog_name="cnnshape")
    except ModelError as error:
        from cnnshape.cli.common import say

        say(str(error))
        raise SystemExit(2) from None
    except OSError as error:
        from cnnshape.cli.common import nowhere, say

        nowhere(sys.stdout)
        say(f"cnnshape: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@contextmanager
def _unread() -> Iterator[None]:
    """End quietly where nobody reads on; typer would end with status 1, which says that something is wrong."""
    try:
        yield
    except BrokenPipeError:
        from cnnshape.cli.common import nowhere

        nowhere(sys.stdout)
        raise SystemExit(0) from None
