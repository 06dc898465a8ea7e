"""Painters of `explain`: text, Markdown, LaTeX."""

from __future__ import annotations

from typing import Any

from cnnshape.render.escape import md, tex, tex_math
from cnnshape.render.safe import inline


def text(stories: list[Any]) -> str:
    """Indented lines: formula = numbers = result."""
    out = []
    for story in stories:
        out.append(f"{inline(story.name)} ({story.kind}): {story.summary}")
        out.extend(f"  {line.topic:<13} {equation(line)}" for line in story.lines)
        out.append("")
    return "\n".join(out)


def equation(line: Any) -> str:
    """Formula = numbers = result, without what is missing or said twice."""
    parts = said(line)
    remark = f"   ({line.remark})" if line.remark and parts else line.remark
    return " = ".join(parts) + remark


def said(line: Any) -> list[str]:
    """Formula, numbers and result: those that say something new."""
    parts = [part for part in (line.formula, line.numbers, line.result) if part]
    plain = [part.replace(",", "") for part in parts]
    return [part for index, part in enumerate(parts) if index + 1 == len(parts) or plain[index] != plain[index + 1]]


def markdown(stories: list[Any]) -> str:
    """A heading and a list for each layer."""
    out = []
    for story in stories:
        out += [f"### {md(story.name)} ({md(story.kind)})", "", story.summary, ""]
        for line in story.lines:
            parts = " = ".join(f"`{part}`" for part in said(line))
            remark = f" ({md(line.remark)})" if line.remark and parts else md(line.remark)
            out.append(f"- **{line.topic}**: {parts}{remark}")
        out.append("")
    return "\n".join(out)


def latex(stories: list[Any]) -> str:
    """A paragraph and a list of equations for each layer."""
    out = []
    for story in stories:
        out.append(rf"\paragraph{{{tex(story.name)} ({tex(story.kind)})}} {tex(story.summary.replace('`', ''))}")
        out.append(r"\begin{itemize}")
        for line in story.lines:
            equal = " = ".join(rf"\mathrm{{{tex_math(part)}}}" for part in said(line))
            remark = f" ({tex(line.remark)})" if line.remark and equal else tex(line.remark)
            out.append(rf"\item {tex(line.topic)}: " + (f"${equal}$" if equal else "") + remark)
        out += [r"\end{itemize}", ""]
    return "\n".join(out)


PAINTERS = {"text": text, "markdown": markdown, "latex": latex}
