"""Words as Markdown and LaTeX take them: as words, whatever they hold."""

from __future__ import annotations

import re

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
        ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\char34{}", **{sign: "\\" + sign for sign in "&%$#_{}"},
    }
)  # fmt: skip
_MATH = str.maketrans(
    {
        "\\": r"\backslash ", "~": r"\sim ", "^": r"\wedge ", "*": r"\cdot ", " ": r"\ ", '"': "{''}",
        **{sign: "\\" + sign for sign in "&%$#_{}"},
    }
)  # fmt: skip


def tex(words: str) -> str:
    r"""Text that LaTeX sets as it stands.

    >>> print(tex("50% of a_b -> c"))
    50\% of a\_b $\to$ c
    """
    return words.translate(_TEX).replace(r"-\textgreater{}", r"$\to$")


def tex_math(words: str) -> str:
    r"""A formula for math mode: upright, products as dots, thousands together, shapes with crosses.

    >>> print(tex_math("10 * (75 + 1)"), tex_math("1x10"), tex_math("23,296 if bias"))
    10\cdot (75+1) 1{\times}10 23{,}296\ if\ bias
    """
    words = re.sub(r" (->|//|[-+*/]) ", r"\1", words).replace("->", "\0").translate(_MATH).replace("\0", r"\to ")
    words = re.sub(r"(?<=\d)x(?=\d)", r"{\\times}", words)
    return re.sub(r"(?<=\d),(?=\d)", "{,}", words).replace("->", r"\to ")


def md(words: str) -> str:
    r"""Text that Markdown shows as it stands; underscores inside of words need no help.

    >>> print(md("max_pool1 | *a* <b>"))
    max_pool1 \| \*a\* \<b>
    """
    return re.sub(r"([\\`*\[\]<|~&]|(?<!\w)_|_(?!\w))", r"\\\1", words)
