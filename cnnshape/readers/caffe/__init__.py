"""Caffe's .prototxt -> Network: deploy and training files, layers of V0, V1 and V2, of one phase.

Two walks over the layers that the phase keeps: the first finds what feeds the network, the second builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnshape.readers.caffe.entries import Entries
from cnnshape.readers.caffe.feed import Feed
from cnnshape.readers.caffe.text import Lines, parse
from cnnshape.readers.caffe.walk import Walk
from cnnshape.readers.caffe.words import DIALECT
from cnnshape.readers.graph import Graph

if TYPE_CHECKING:
    from cnnshape.errors import Problem
    from cnnshape.network import Network
    from cnnshape.readers import Options
    from cnnshape.readers.file import File


#: Bytes behind each mark of the text: a field, a message (most are layers), an item of a list, a part of a text.
_COST = {":": 100, "{": 1000, "<": 1000, ",": 100, '"': 30}


def read(file: File, options: Options) -> tuple[Network, list[Problem]]:
    """The network of one phase, and what is wrong with the text.

    Errors: ModelError when the text is no protobuf text, or holds no layer
    Source: BVLC caffe src/caffe/proto/caffe.proto, src/caffe/net.cpp
    """
    text = file.text()
    file.held(text, _COST)
    graph, lines = Graph(file.name, "caffe", text=text), Lines(text)
    graph.dialect = DIALECT
    net = parse(text, lambda offset, message: graph.wrong("CNN-E106", message, *lines.place(offset)))
    entries = Entries(graph, lines, net, options)
    feed = Feed(graph, entries, options)
    feed.enter()
    Walk(graph, entries, feed.blobs, options.strict).run()
    return graph.network(entries.name), graph.problems
