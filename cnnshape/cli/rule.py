"""`cnnshape rule`: what a rule of lint finds, why, and how it looks right."""

from __future__ import annotations

import typer

from cnnshape.cli import common
from cnnshape.cli.lint import meant, some_rules
from cnnshape.lint.registry import RULES, rule_of

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def rules(
    name: str = typer.Argument(
        "",
        metavar="[RULE]",
        help="A code, the beginning of one, or a name; the list without it.",
        autocompletion=some_rules,
    ),
) -> None:
    """Tell what a rule of lint finds, why that is bad, and how it looks right; the list of all rules without a name.

    \b
    Examples:
      cnnshape rule
      cnnshape rule L101
      cnnshape rule bias-before-norm
    """
    if name:
        from cnnshape.lint.doc import section

        common.write("\n".join(section(rule_of(code)) for code in meant(name)))
        return
    width = max(map(len, RULES.values()))
    found = [rule_of(code) for code in RULES]
    common.write("\n".join(f"{one.code}  {one.name:<{width}}  {one.severity}" for one in found))
