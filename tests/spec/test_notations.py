"""A network is the same in YAML, JSON and TOML; its JSON Schema takes every real spec and no misspelt one."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest
import yaml

import cnnshape
from cnnshape.api import zoo_names, zoo_text
from cnnshape.layers import BY_NAME
from cnnshape.render import render
from cnnshape.spec.blocks import FOLDER
from cnnshape.spec.fields import required
from cnnshape.spec.schema import schema

SCHEMA = schema()
CHECK = jsonschema.Draft202012Validator(SCHEMA)


def loaded(name: str) -> dict:
    return yaml.load(zoo_text(name), Loader=Core)  # noqa: S506 - a safe loader


class Core(yaml.SafeLoader):
    """The words and numbers of YAML 1.2."""


Core.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if not tag.endswith(("bool", "timestamp"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Core.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile(r"(?:true|false)$"), list("tf"))


def inline(value) -> str:
    """A value in TOML, on one line; an absent one as the empty table that a kind without keys has."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))} = {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def without_null(value):
    """TOML has no null: a kind without keys is an empty mapping, an argument that must be given a listed name."""
    if isinstance(value, dict):
        if "args" in value and isinstance(value["args"], dict) and None in value["args"].values():
            value = {**value, "args": list(value["args"])} if set(value["args"].values()) == {None} else value
        return {k: {} if v is None else without_null(v) for k, v in value.items()}
    return [without_null(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", zoo_names())
def test_three_notations_give_equal_reports(name, tmp_path) -> None:
    data = loaded(name)
    (tmp_path / f"{name}.yaml").write_text(zoo_text(name), encoding="utf-8")
    (tmp_path / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    toml = "".join(f"{key} = {inline(value)}\n" for key, value in without_null(data).items())
    (tmp_path / f"{name}.toml").write_text(toml, encoding="utf-8")
    found = []
    for suffix in ("yaml", "json", "toml"):
        report = json.loads(render([cnnshape.analyze(tmp_path / f"{name}.{suffix}")], "json"))
        del report["model"]["source"]
        for row in report["layers"]:
            del row["line"]
        found.append(report)
    assert found[0] == found[1] == found[2]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("name", zoo_names())
def test_every_bundled_network_is_valid(name) -> None:
    assert [e.message for e in CHECK.iter_errors(loaded(name))] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_library_block_is_valid(path) -> None:
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=Core)  # noqa: S506 - a safe loader
    body = {key: value for key, value in data.items() if key != "name"}
    spec = {"input": "3x4x5", "blocks": {path.stem: body}, "layers": [path.stem]}
    assert [e.message for e in CHECK.iter_errors(spec)] == []


def spec(item) -> dict:
    return {"input": "3x4x5", "layers": [item]}


@pytest.mark.parametrize("kind", BY_NAME)
def test_a_kind_is_valid_and_its_misspelt_key_is_not(kind) -> None:
    body = dict.fromkeys(required(BY_NAME[kind]), 1)
    assert CHECK.is_valid(spec({kind: {}}))
    assert CHECK.is_valid(spec(kind))
    assert CHECK.is_valid(
        spec({kind: None, "name": "a", "from": "input", "when": "x > 1", "frozen": True, "expect": {"params": 3}})
    )
    wrong = {**body, "kernal_sizes": 3}
    assert not CHECK.is_valid(spec({kind: wrong})), "a key that the kind has not"
    inside = copy.deepcopy(spec({"residual": [{"repeat": 2, "layers": [{kind: wrong}]}]}))
    assert not CHECK.is_valid(inside), "however deep"


@pytest.mark.parametrize(
    "item",
    [
        {"conv": 8}, {"conv": "2 * width"}, {"conv": {"out_channels": "width", "kernel_size": [3, "k"], "padding": "same"}},
        {"conv": {"filters": 8, "kernel": 3, "strides": [1, 2], "pads": [0, 1, 2, 3], "use_bias": False, "eps": 1e-5}},
        {"Conv2d": {"out_channels": 8}}, {"my_block": {"anything": 1}}, {"my_block": 3}, "relu", "${act}", {"${act}": None},
        {"add": "a"}, {"concat": ["a", "b"]}, {"max_pool": {"kernel_size": 3, "ceil_mode": True}}, {"max_pool": {"kernel_size": "3x3"}},
        {"residual": ["relu"], "shortcut": [{"conv": 8}], "merge": "add"}, {"residual": {"body": ["relu"], "shortcut": "a > b"}},
        {"branches": [["relu"], ["tanh"]], "merge": {"concat": {"dim": 2}}}, {"branches": {"left": ["relu"], "right": None}},
        {"repeat": {"times": "n", "as": "i"}, "layers": ["relu"]}, {"repeat": {"over": [[1, 2]], "as": ["a", "b"]}, "layers": ["relu"]},
        {"share": "a", "name": "b"}, {"relu": None, "expect": "3x4x5"}, {"relu": None, "expect": {"receptive_field": [3, 3]}},
        {"dropout": 0.5}, {"Convolution": {"num_output": 8, "kernel_h": 3, "kernel_w": 5}}, {"conv": {"out_channels": 8, "kernel_h": 3, "kernel_w": 5}},
        {"squeeze_excite": {"squeeze": 8}}, {"conv": {"out_channels": 8, "auto_pad": "SAME_UPPER"}},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_language_takes_is_valid(item) -> None:
    assert [e.message for e in CHECK.iter_errors(spec(item))] == []


@pytest.mark.parametrize(
    "data",
    [
        {"layer": ["relu"]}, {"layers": "relu"}, {"layers": [3]}, {"layers": ["relu"], "inptu": "3x4x5"}, spec({"conv": True}),
        spec({"conv": {"out_channels": 0}}), spec({"conv": {"out_channels": 8, "stride": -1}}), spec({"conv": {"out_channels": 8, "bias": 3.5}}),
        spec({"relu": None, "from": 3}), spec({"relu": None, "name": ["a"]}), spec({"max_pool": {"kernel_size": {"h": 3}}}),
        spec({"repeat": {"tims": 3}, "layers": ["relu"]}), spec({"residual": {"bod": ["relu"]}}), spec({"relu": None, "expect": {"parms": 3}}),
        spec([]), spec({"branches": 3}), {"layers": ["relu"], "blocks": {"b": {"layer": ["relu"]}}}, {"layers": ["relu"], "expect": {"parms": 3}},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_language_refuses_is_not_valid(data) -> None:
    assert not CHECK.is_valid(data)
