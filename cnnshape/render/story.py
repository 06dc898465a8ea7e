"""Painters of `explain`: text, Markdown, LaTeX."""

from __future__ import annotations

from typing import Any


def text(stories: list[Any]) -> str:
    """Indented lines: formula = numbers = result."""
    out = []
    for story in stories:
        out.append(f"{story.name} ({story.kind}): {story.summary}")
        out.extend(f"  {line.topic:<13} {equation(line)}" for line in story.lines)
        out.append("")
    return "\n".join(out)


def equation(line: Any) -> str:
    """Formula = numbers = result, without what is missing or said twice."""
    parts = [part for part in (line.formula, line.numbers, line.result) if part]
    unique = [part for index, part in enumerate(parts) if index == 0 or part != parts[index - 1]]
    remark = f"   ({line.remark})" if line.remark and unique else line.remark
    return " = ".join(unique) + remark


def markdown(stories: list[Any]) -> str:
    """A heading and a list for each layer."""
    out = []
    for story in stories:
        out += [f"### {story.name} ({story.kind})", "", story.summary, ""]
        for line in story.lines:
            parts = " = ".join(f"`{p}`" for p in (line.formula, line.numbers, line.result) if p)
            out.append(f"- **{line.topic}**: {parts}{' ' if parts and line.remark else ''}{line.remark}")
        out.append("")
    return "\n".join(out)


def latex(stories: list[Any]) -> str:
    """A paragraph and aligned equations for each layer."""
    out = []
    for story in stories:
        out.append(rf"\paragraph{{{escaped(story.name)} ({escaped(story.kind)})}} {escaped(story.summary)}")
        out.append(r"\begin{itemize}")
        for line in story.lines:
            parts = " = ".join(rf"\mathrm{{{math(p)}}}" for p in (line.formula, line.numbers, line.result) if p)
            body = f"${parts}$" if parts else ""
            out.append(rf"\item {escaped(line.topic)}: {body} {escaped(line.remark)}".rstrip())
        out += [r"\end{itemize}", ""]
    return "\n".join(out)


def escaped(words: str) -> str:
    """Text that LaTeX takes as text."""
    for sign in "&%$#_{}":
        words = words.replace(sign, "\\" + sign)
    return words.replace("->", r"$\to$").replace("^", r"\^{}")


def math(words: str) -> str:
    """A formula in math mode."""
    words = escaped(words).replace(" * ", r" \cdot ").replace("*", r" \cdot ").replace(" ", r"\ ")
    return words.replace("$", "").replace(r"\_", r"\_")


PAINTERS = {"text": text, "markdown": markdown, "latex": latex}
