"""A command answers alike with the quick check of plain values and with typer's own alone."""

from __future__ import annotations

from typing import Optional

import pytest
import typer

from cnnshape.cli.plain import Plain, plain


def outcome(args, *, quick):
    """What the command was called with, or typer's complaint."""
    app = typer.Typer(add_completion=False)
    got = []

    @app.command()
    def show(
        word: str,
        rest: list[str] = typer.Argument(None),
        number: int = typer.Option(3, "--number", max=1000),
        maybe: Optional[int] = typer.Option(None, "--maybe", min=2),  # noqa: UP045
        many: list[str] = typer.Option([], "--many"),
        flag: bool = typer.Option(False, "--flag"),
    ) -> None:
        got.append((word, list(rest or ()), number, maybe, list(many or ()), flag))

    command = typer.main.get_command(app)
    if quick:
        plain(command.params)
    try:
        command.main(args, standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - typer's own errors, whichever typer is installed
        return type(error).__name__, str(error)
    return got


@pytest.mark.parametrize(
    "args",
    [
        ["a"],
        ["a", "b", "c", "--flag"],
        ["a", "--number", "17", "--maybe", "5"],
        ["a", "--number", "-2"],
        ["a", "--number", "1000"],
        ["a", "--number", "1001"],
        ["a", "--maybe", "1"],
        ["a", "--maybe", "2"],
        ["a", "--number", "007"],
        ["a", "--number", " 4 "],
        ["a", "--number", "1_000"],
        ["a", "--number", "²"],
        ["a", "--number", "9" * 30],
        ["a", "--number", "x"],
        ["a", "--maybe", "1.5"],
        ["a", "--many", "p", "--many", "q=1"],
        ["a", "--many", ""],
        [],
    ],
    ids=str,
)
def test_the_answer_is_that_of_typer(args) -> None:
    assert outcome(args, quick=True) == outcome(args, quick=False)


def test_a_wrong_value_goes_to_typer() -> None:
    kind, message = outcome(["a", "--number", "x"], quick=True)
    assert kind == "BadParameter"
    assert "x" in message or "integer" in message


def test_a_number_outside_its_range_is_refused() -> None:
    for args in (["a", "--number", "1001"], ["a", "--maybe", "1"], ["a", "--maybe", "0"]):
        assert outcome(args, quick=True)[0] == "BadParameter", args


@pytest.mark.parametrize(
    "args",
    [
        "sizes zoo:lenet5 --step 0",
        "solve conv 227 55 --rank 0 --in-channels 3",
        "solve conv 227 55 --rank 4",
        "solve receptive-field 9 --rank 9",
        "solve conv 227 55 -n 0",
        "solve conv 227 55 -n 2000000",
    ],
)
def test_the_ranges_of_the_help_hold(run, args) -> None:
    told = run(*args.split())
    assert (told.status, told.out) == (2, "")
    assert "Invalid value" in told.err


def test_every_parameter_with_a_check_of_its_own_gets_the_quick_one() -> None:
    class Parameter:
        _runtime_param = None
        type_descriptor = type("Descriptor", (), {"annotation": int})

        def get_runtime_param(self):
            raise AssertionError

    class Older:
        """A parameter of a typer that keeps its checks elsewhere."""

    new, old = plain([Parameter(), Older()])
    assert isinstance(new._runtime_param, Plain)
    assert not hasattr(old, "_runtime_param")
