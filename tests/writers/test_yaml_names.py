"""Names of any script stay in a written spec; what steers a terminal or turns the writing never gets into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.calculate import calculate
from cnnshape.cli.convert import spec
from cnnshape.layers.conv import Conv
from cnnshape.layers.elementary import Clip
from cnnshape.layers.merge import Add
from cnnshape.layers.piecewise import Relu
from cnnshape.network import Input, Network, Node
from cnnshape.spec import load, parse
from cnnshape.writers.yaml.text import scalar

SCRIPTS = ["été", "网络", "сеть", "नेटवर्क", "รูป", "قناة", "e\u0301te\u0301", "größe_2", "ｎｕｌｌ", "a→b"]
STEERING = [
    "\x1b",
    "\x07",
    "\x7f",
    "\x85",
    "\x9b",
    "\u200e",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
    "\u061c",
    "\ud800",
]


def network(name: str, layer: str, tensor: str = "input") -> Network:
    """The layer is an output too, so that its name is called."""
    nodes = [
        Node(layer, Conv(out_channels=3, kernel_size=1), (0,), (1,)),
        Node("other", Relu(), (1,), (2,)),
        Node("sum", Add(), (2, 1), (3,)),
    ]
    return Network(name, [Input(tensor, (3, 7, 11))], nodes, (3, 1))


def written(made: Network) -> tuple[str, Network]:
    text = spec(made, calculate(made))
    again, problems = load(parse(text, "again.yaml"))
    assert not problems
    return text, again


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_name_of_any_script_stays(name) -> None:
    text, again = written(network(f"Réseau {name} v1.0", name, f"{name}_in"))
    assert (again.name, again.nodes[0].name, again.inputs[0].name) == (f"Réseau {name} v1.0", name, f"{name}_in")
    assert text.count(name) == 4  # the network, the input, the layer, the outputs
    assert "\\u" not in text


def test_a_name_stays_where_nobody_calls_it(run, tmp_path) -> None:
    text = "name: Réseau 网络\ninput: 3x7x11\nlayers:\n  - conv: 8\n    name: été\n"
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    done = run("convert", "m.yaml", "-o", "again.yaml")
    assert done.status == 0
    assert (tmp_path / "again.yaml").read_text(encoding="utf-8") == text.replace("Réseau 网络", '"Réseau 网络"')


@pytest.mark.parametrize("char", STEERING, ids=lambda char: f"U+{ord(char):04X}")
def test_what_steers_is_left_out(char) -> None:
    text, again = written(network(f"ré{char}seau", f"ét{char}é", f"x{char}"))
    assert char not in text
    assert (again.name, again.nodes[0].name, again.inputs[0].name) == ("ré seau", "ét_é", "x")


@given(*[st.text(max_size=30)] * 3)
def test_every_character_of_a_written_spec_shows(name, layer, tensor) -> None:
    text, _ = written(network(name, layer or "x", tensor or "x"))
    assert all(char.isprintable() or char == "\n" for char in text)


@given(st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda text: "${" not in text))
def test_a_written_value_shows_and_is_read_as_it_was(value) -> None:
    text = scalar(value)
    assert text.isprintable()
    assert parse(f"key: {text}\n").data["key"] == value


def test_a_value_of_any_script_is_written_as_it_is() -> None:
    assert [scalar(value) for value in ("größe", "网络 1")] == ["größe", '"网络 1"']


def test_infinity_is_the_largest_number_of_single_precision() -> None:
    clip = Clip(low=float("-inf"), high=float("inf"))
    network = Network("one-sided", [Input("x", (3,))], [Node("clip", clip, (0,), (1,))], (1,))
    written = spec(network, calculate(network))
    bounds = load(parse(written))[0].nodes[0].layer
    assert (bounds.low, bounds.high) == (-3.4028234663852886e38, 3.4028234663852886e38)
