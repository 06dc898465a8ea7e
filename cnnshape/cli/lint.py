"""`cnnshape lint`: what is wrong with a network, or could be better."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

import typer

from cnnshape import __version__, api
from cnnshape.cli import common
from cnnshape.errors import ModelError, did_you_mean
from cnnshape.finding import SEVERITIES, Checked, Finding
from cnnshape.lint import every_rule, mendable
from cnnshape.lint.registry import RULES, codes
from cnnshape.lint.settings import OPTIONS, Settings, settings
from cnnshape.render.findings import FACES, findings

if TYPE_CHECKING:
    from cnnshape.network import Network
    from cnnshape.report import Report
    from cnnshape.spec.source import Document

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def some_rules(incomplete: str) -> list[str]:
    """Completion of --select, --ignore and --explain."""
    return [word for pair in RULES.items() for word in pair if word.startswith(incomplete)]


@app.command()
def lint(
    model: list[str] = typer.Argument(
        None,
        metavar="MODEL...",
        help="Specs, other tools' files, - for standard input, or zoo:NAME.",
        autocompletion=common.models,
    ),
    select: list[str] = typer.Option(
        [],
        "--select",
        metavar="RULE,...",
        help="Only these: codes, beginnings of codes, names, ALL.",
        autocompletion=some_rules,
    ),
    ignore: list[str] = typer.Option(
        [], "--ignore", metavar="RULE,...", help="All but these.", autocompletion=some_rules
    ),
    severity: str = typer.Option(
        "",
        "--severity",
        metavar="LEVEL",
        help="The mildest that is told: error, warning (the default) or info.",
        autocompletion=common.words(SEVERITIES),
    ),
    fail_on: str = typer.Option(
        "",
        "--fail-on",
        metavar="LEVEL",
        help="The mildest that ends with status 1: all that is told without it; never.",
        autocompletion=common.words((*SEVERITIES, "never")),
    ),
    option: list[str] = typer.Option(
        [],
        "--option",
        metavar="NAME=NUMBER",
        help="A threshold of a rule, such as smallest-object=16.",
        autocompletion=common.words(f"{name}=" for name in OPTIONS),
    ),
    form: str = typer.Option(
        "text", "--format", "-f", help=f"One of {', '.join(FACES)}.", autocompletion=common.words(FACES)
    ),
    fix: bool = typer.Option(False, "--fix", help="Mend the file where a change is certain; layout and comments stay."),
    diff: bool = typer.Option(False, "--diff", help="Show what --fix would change."),
    statistics: bool = typer.Option(False, "--statistics", help="Count by rule in place of telling each."),
    explain: str = typer.Option(
        "", "--explain", metavar="RULE", help="What a rule finds and why.", autocompletion=some_rules
    ),
    batch: Optional[int] = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Find what is wrong with a network, or could be better: rules over shapes, params and receptive fields.

    Exit status: 0 nothing found, 1 something found, 2 the input or usage is wrong. docs/rules.md lists the rules;
    `# cnnshape: ignore[NAME]` beside a layer excuses it.

    \b
    Examples:
      cnnshape lint model.yaml
      cnnshape lint a.yaml b.yaml --severity info --fail-on error
      cnnshape lint model.yaml --select L1,bias-before-norm
      cnnshape lint model.yaml --fix
      cnnshape lint model.yaml --format sarif
      cnnshape lint --explain dropped-pixels
    """
    if explain:
        from cnnshape.lint.doc import section

        common.write("\n".join(section(one) for one in every_rule() if one.code in meant(explain)))
        return
    asked(model, severity, fail_on, form)
    least: Any = severity or None
    words: dict[str, Any] = {
        "select": listed(select),
        "ignore": listed(ignore),
        "severity": least,
        "options": numbers(option),
    }
    if statistics and form != "text":
        raise api.usage(f"--statistics is text alone, and not {form}", f"leave out --statistics or --format {form}")
    opening = {"dtype": dtype, **common.opening(batch, input, set)}
    alone = len(model) == 1
    problems: dict[str, str] = {}
    if fix or diff:
        as_written(opening, "--diff" if diff else "--fix")
        changed, problems = mend_all(model, words, opening, write=fix and not diff)
        if diff:
            raise typer.Exit(2 if problems else 1 if changed else 0)
    checked = [
        Checked(name, (), problems[name]) if name in problems else one(name, words, opening, alone=alone, fixed=fix)
        for name in model
    ]
    told = [finding for file in checked for finding in file.findings]
    if statistics:
        if any(not file.problem for file in checked):
            common.write(counted(told))
    else:
        about = [] if form == "text" else [one.about for one in every_rule()]
        common.write(findings(checked, form, about, version=__version__))
    if any(file.problem for file in checked):
        raise typer.Exit(2)
    levels = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else SEVERITIES
    if fail_on != "never" and any(finding.severity in levels for finding in told):
        raise typer.Exit(1)


def meant(word: str) -> list[str]:
    """The rules of --explain. Errors: ModelError for a word that means none."""
    found = codes(word)
    if not found:
        near = did_you_mean(word.lower(), tuple(RULES.values())) or "docs/rules.md lists every rule"
        raise api.usage(f"no rule is called {word}", near)
    return found


def asked(model: list[str], severity: str, fail_on: str, form: str) -> None:
    """Refuse words that mean nothing."""
    if not model:
        raise api.usage("lint needs a model", "cnnshape lint model.yaml")
    for name, word, known in (
        ("--severity", severity, SEVERITIES),
        ("--fail-on", fail_on, (*SEVERITIES, "never")),
        ("--format", form, tuple(FACES)),
    ):
        if word and word not in known:
            raise api.usage(f"{name} {word}: unknown", did_you_mean(word, known) or f"one of {', '.join(known)}")


def listed(texts: list[str]) -> tuple[str, ...]:
    """The words of --select and --ignore, which commas may join."""
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def numbers(texts: list[str]) -> dict[str, Any]:
    """The thresholds of --option."""
    found: dict[str, Any] = {}
    for name, text in common.pairs(texts, "--option").items():
        if name not in OPTIONS:
            raise api.usage(f"--option {name}: unknown", did_you_mean(name, tuple(OPTIONS)) or ", ".join(OPTIONS))
        try:
            found[name] = float(text) if "." in text else int(text)
        except ValueError:
            raise api.usage(f"--option {name}={text}: a number is expected") from None
        if found[name] < 0:
            raise api.usage(f"--option {name}={text}: a number from 0 up is expected")
    return found


def as_written(opening: dict[str, Any], word: str) -> None:
    """Refuse to mend a network that is not the one of the file: its facts would be written there."""
    for key, said in (("sets", "--set"), ("input", "--input")):
        if opening[key]:
            message = f"{word} mends the network as it is written, and {said} makes another one of it"
            raise api.usage(message, f"leave out {said}, or {word}")


def one(name: str, words: dict[str, Any], opening: dict[str, Any], *, alone: bool, fixed: bool) -> Checked:
    """What is found in one model; among several, what cannot be read is told and the others go on.

    `fixed`: it has just been mended, so that nothing is left that could be.
    """
    from msgspec.structs import replace

    from cnnshape.lint.mend import State, promised

    try:
        chosen = settings(name, **words)
        network, report, text = api.analyzed(name, **opening)
    except ModelError as error:
        if alone:
            raise
        common.say(str(error))
        return Checked(name, (), str(error))
    found = mendable(network, report, text, chosen)
    if text is None or fixed or opening["sets"] or opening["input"] or not is_mended(name):
        told = [replace(each.finding, fixable=False) for each in found]
    else:
        told = promised(State(text.text, network, report, found), analysis(text.file, opening), chosen)
    return Checked(network.source or name, tuple(told))


def is_file(name: str) -> bool:
    """Whether a model is a file that could be written again."""
    return name != "-" and not name.startswith(("zoo:", "git:"))


def is_mended(name: str) -> bool:
    """Whether a model is a file that `--fix` changes, if there is anything to change."""
    return is_file(name) and name.lower().endswith((".yaml", ".yml"))


def analysis(file: str, opening: dict[str, Any]) -> Callable[[str], tuple[Network, Report, Document]]:
    """What analyses a text of this file as the command was told to."""
    from cnnshape.spec.source import parse

    def analyse(text: str) -> tuple[Network, Report, Document]:
        document = parse(text, file)
        return (*api.analyze_document(document, batch=opening["batch"], dtype=opening["dtype"]), document)

    return analyse


def mend_all(
    names: list[str], words: dict[str, Any], opening: dict[str, Any], *, write: bool
) -> tuple[bool, dict[str, str]]:
    """Mend every file that can be read; whether anything was to be done, and what was wrong with the others."""
    changed = False
    problems: dict[str, str] = {}
    for name in names:
        try:
            changed |= mended(name, settings(name, **words), opening, write=write)
        except ModelError as error:
            if len(names) == 1:
                raise
            common.say(str(error))
            problems[name] = str(error)
    return changed, problems


def mended(name: str, chosen: Settings, opening: dict[str, Any], *, write: bool) -> bool:
    """Mend one file, or show how; whether anything was to be done."""
    from pathlib import Path

    from cnnshape.lint.mend import mend

    if not is_file(name):
        raise api.usage(f"{name} is no file that could be mended", "name a file")
    text = api.analyzed(name, **opening)[2]
    if text is None or not is_mended(name):
        common.say(f"{name}: only YAML is mended")
        return False
    new, done = mend(text.text, analysis(text.file, opening), chosen)
    if not done:
        return False
    if write:
        path = Path(name)
        mark = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
        try:
            path.write_bytes(mark + new.encode("utf-8"))
        except OSError as error:
            raise api.usage(
                f"{name} cannot be mended: {error.strerror or error}", "--diff shows what to change"
            ) from None
        common.say(f"{name}: mended {len(done)} finding{'s' if len(done) > 1 else ''}")
    else:
        from difflib import unified_diff

        before, after = text.text.splitlines(), new.splitlines()
        common.write("\n".join(unified_diff(before, after, name, name, lineterm="")))
    return True


def counted(told: list[Finding]) -> str:
    """How often each rule speaks, the most frequent first."""
    from collections import Counter

    counts = Counter((one.code, one.rule, one.severity) for one in told)
    width = max((len(str(n)) for n in counts.values()), default=1)
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return "\n".join(f"{n:>{width}}  {code}  {level:<7}  {name}" for (code, name, level), n in rows) or "nothing found"
