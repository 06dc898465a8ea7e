"""A file from its first section to its last: the input, the fork, every section's nodes."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnnshape.errors import Place, Problem, did_you_mean, printable, quoted
from cnnshape.layers.base import LIMIT
from cnnshape.layers.other import Foreign
from cnnshape.readers import Options
from cnnshape.readers.darknet.site import MAX_NUMBERS, Made, Site, Unknown, Wrong
from cnnshape.readers.darknet.table import ALEXEYAB_ACTIVATIONS, ALEXEYAB_KEYS, ALEXEYAB_SECTIONS, SECTIONS
from cnnshape.readers.darknet.text import Section, parse
from cnnshape.readers.darknet.words import DIALECT
from cnnshape.readers.file import File
from cnnshape.readers.graph import Graph

FORKS = ("pjreddie", "alexeyab")


#: More sections than this are refused.
MAX_SECTIONS = 1_100_000
#: Bytes behind a line that is more than the dozen or so that sections have.
_COST = {"\n": 200, "[": -2400}


class Walked(NamedTuple):
    """A whole file, section by section."""

    graph: Graph
    sections: list[Section]
    made: list[Made]


def walked(file: File, options: Options) -> Walked:
    """Every section in turn.

    Errors: ModelError when there is no [net] or no size of the input; all others are in the graph
    """
    text = file.text()
    if text.count("[") > MAX_SECTIONS:
        raise file.refused(f"the file has more than {MAX_SECTIONS:,} sections", code="CNN-E501")
    file.held(text, _COST)
    graph = Graph(file.name, "darknet", options.batch or 1, text)
    graph.dialect = DIALECT
    net, *sections = _sections(graph)
    fork = _fork(graph, options, [net, *sections])
    graph.batch = options.batch or 1
    source = _input(graph, net, options)
    made: list[Made] = []
    for index, section in enumerate(sections):
        source = _built(Site(graph, section, index, made, source, fork), options.strict)
        made.append(source)
    return Walked(graph, sections, made)


def _sections(graph: Graph) -> list[Section]:
    found = parse(graph)
    if not found or found[0].name not in ("net", "network"):
        line, column = (found[0].line, found[0].column) if found else (1, 1)
        raise graph.stop("CNN-E106", "the first section must be [net]", line, column)
    if len(found) == 1:
        raise graph.stop("CNN-E106", "the file has no layers", found[0].line, found[0].column)
    return found


def _fork(graph: Graph, options: Options, sections: list[Section]) -> str:
    """Whose program the file is for: `--set fork=...`, else by what only AlexeyAB's reads."""
    for name in options.sets:
        if name != "fork":
            fix = did_you_mean(name, ("fork",)) or "fork=pjreddie or fork=alexeyab is all that can be set here"
            graph.problems.append(_said("CNN-E206", f"unknown variable {quoted(name)}", fix))
    said = options.sets.get("fork")
    if said is not None:
        if said not in FORKS:
            fix = did_you_mean(said, FORKS) or "pjreddie or alexeyab"
            graph.problems.append(_said("CNN-E203", f"unknown fork {quoted(said)}", fix))
        return said
    return "alexeyab" if any(_newer(section) for section in sections) else "pjreddie"


def _newer(section: Section) -> bool:
    """Whether only AlexeyAB's program reads this."""
    options = section.options
    if section.name in ALEXEYAB_SECTIONS or not ALEXEYAB_KEYS.isdisjoint(options):
        return True
    word = options.get("activation")
    if word is not None and word.text in ALEXEYAB_ACTIVATIONS:
        return True
    return section.name == "route" and "groups" in options


def _input(graph: Graph, net: Section, options: Options) -> Made:
    """The size of the image: the user's word, or height, width and channels, or the number of inputs."""
    site = Site(graph, net, -1, [], Made(0, None, 0), "pjreddie")
    site.name = "input"
    shape = options.inputs.get("", options.inputs.get("input"))
    for name in options.inputs:
        if name not in ("", "input"):
            fix = "--input CxHxW: the one input is called input"
            graph.problems.append(_said("CNN-E301", f"there is no input {quoted(name)}", fix))
    try:
        if shape is None:
            sizes = [site.integer(key, 0) for key in ("channels", "height", "width")]
            total = site.integer("inputs", 0)
            if all(sizes):
                shape = tuple(sizes)
            elif total:
                shape = (total,)
            else:
                missing = next(
                    key for key, size in zip(("channels", "height", "width"), sizes, strict=True) if not size
                )
                raise graph.stop(
                    "CNN-E802", f"[net] states no {missing}", net.line, net.column, "", "--input 3x416x416"
                )
    except Wrong:
        shape = (3, 1, 1)
    if len(shape) not in (1, 3) or not all(0 < size <= LIMIT for size in shape) or prod(shape) > MAX_NUMBERS:
        told = "x".join(map(str, shape))
        raise graph.stop("CNN-E404", f"the input {told} is no image", net.line, net.column, "", "--input CxHxW")
    value, outputs = graph.input("input", shape), prod(shape)
    return Made(value, (shape[0], shape[1], shape[2]) if len(shape) == 3 else None, outputs)


def _built(site: Site, strict: bool) -> Made:
    """A section's nodes; of a section that is wrong, or not known, there is a node that nothing is known of.

    darknet itself skips a section that it does not know, and goes on as if it were empty.
    """
    known = SECTIONS.get(site.section.name)
    site.name = f"{known[1] if known else site.op}{site.index}"
    try:
        if known is None and strict:
            fix = did_you_mean(site.op, tuple(SECTIONS))
            raise site.wrong(f"the section [{site.op}] is not known", fix=fix, code="CNN-E801")
        if known is None:
            raise Unknown
        made = known[0](site)
        return made._replace(nodes=site.settle())
    except Unknown:
        site.pending, site.next = [], site.graph.values
        value = site.put(Foreign(op=site.op), site.source.value)
        return Made(value, None, 0, site.settle())
    except Wrong:
        site.pending = []
        section = site.section
        (value,) = site.graph.node(site.name, None, (site.source.value,), line=section.line, column=section.column)
        return Made(value, None, 0)


def _said(code: str, message: str, fix: str) -> Problem:
    """What is wrong with the call."""
    return Problem(code, printable(message), Place("cnnshape"), fix=fix)
