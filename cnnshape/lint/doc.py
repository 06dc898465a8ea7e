"""docs/rules.md, made of the rules themselves: `python -m cnnshape.lint.doc > docs/rules.md`."""

from __future__ import annotations

from cnnshape.lint import every_rule
from cnnshape.lint.registry import GROUPS
from cnnshape.lint.rule import Rule

_INTRO = """\
# The rules of lint

`cnnshape lint` looks at a network with {count} rules. This page is made of the rules themselves, and every example on it
is run: a bad one makes its rule speak, a good one leaves every rule silent but for notes. How to choose rules, excuse
findings and mend files is in [lint.md](lint.md).

Errors are certain: the network cannot do what it says. Warnings are true, and usually a mistake. Notes (info) are told
with `--severity info`, or when a rule is selected by name. Codes and names are permanent.

## What you see on the zoo

The bundled networks are good ones, so no rule of severity error speaks there. These warnings do, and they are true:

"""


def section(rule: Rule) -> str:
    """One rule, as Markdown."""
    parts = [f"### {rule.code}: {rule.name}", f"*{rule.severity}*. {rule.what}", rule.why, f"Source: {rule.source}."]
    if rule.options:
        parts.append("Options: " + ", ".join(f"`{name} = {value}`" for name, value in rule.options.items()) + ".")
    if rule.fixes:
        parts.append(f"`--fix`: {rule.fixes}")
    parts += [f"Bad:\n\n```yaml\n{rule.bad}```", f"Good:\n\n```yaml\n{rule.good}```"]
    return "\n\n".join(parts) + "\n"


def page() -> str:
    """The whole page."""
    found = every_rule()
    told = [f"- [{one.code}](#{anchor(one)}) {one.name}: {one.on_the_zoo}" for one in found if one.on_the_zoo]
    lines = [_INTRO.format(count=len(found)) + "\n".join(told), ""]
    lines += ["## All rules", "", "| code | name | severity | --fix |", "| --- | --- | --- | --- |"]
    lines += [
        f"| [{one.code}](#{anchor(one)}) | {one.name} | {one.severity} | {'yes' if one.fixes else ''} |"
        for one in found
    ]
    for prefix, title in GROUPS.items():
        lines += ["", f"## {title[0].upper()}{title[1:]}", ""]
        lines.append("\n".join(section(one) for one in found if one.code.startswith(prefix)).rstrip())
    return "\n".join(lines) + "\n"


def anchor(rule: Rule) -> str:
    """Where the rule's heading stands on the page."""
    return f"{rule.code}-{rule.name}".lower()


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - it is this module's purpose
