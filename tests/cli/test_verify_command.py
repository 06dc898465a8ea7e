"""`cnnshape verify`: what it prints, and how it ends."""

from __future__ import annotations

import json
import re

import pytest

TEN = "input: 3x32x32\nlayers:\n  - conv: {out_channels: 10, kernel_size: 5, padding: 2}\n    name: conv1\n"


def test_all_agree(run, spec) -> None:
    done = run("verify", spec(TEN))
    assert done.status == 0
    assert re.search(r"conv1\s+conv\s+ok\s+11 checks", done.out)
    assert "verified: 16 of 16 checks agree" in done.out
    assert re.fullmatch(r"verify takes about [\d.]+ MiB of memory \(.*\)\n", done.err)


def test_a_chosen_layer_is_shown_with_every_measurement(run, spec) -> None:
    done = run("verify", spec(TEN), "--layers", "conv1")
    assert "params                 760 = 760 measured" in done.out
    assert "ops.mac                768,000 = 768,000 measured" in done.out


def test_json_is_the_contract(run, spec) -> None:
    found = json.loads(run("verify", spec(TEN), "--format", "json").out)
    assert found["schema"] == "cnnshape-verify/1"
    assert found["verified"] is True
    checks = {check["what"]: check for check in found["layers"][0]["checks"]}
    assert checks["params"] == {"what": "params", "calculated": 760, "measured": 760, "ok": True, "note": ""}
    assert found["peak_bytes"] == (3 + 10) * 32 * 32 * 4
    assert found["checked"] == sum(len(layer["checks"]) for layer in found["layers"]) + len(found["totals"])


def test_same_seed_same_digits(run, spec) -> None:
    def measured(*args: str) -> dict:
        found = json.loads(run("verify", spec(TEN), "--format", "json", *args).out)
        found.pop("seconds")
        return found

    assert measured("--seed", "5") == measured("--seed", "5")


def test_a_difference_ends_with_1_and_shows_the_arithmetic(run, spec, monkeypatch) -> None:
    from cnnshape.geometry.window import Window

    real = Window.out_size
    monkeypatch.setattr(Window, "out_size", lambda w, n: real(w, n) - 1)
    done = run("verify", spec(TEN))
    assert done.status == 1
    assert "conv1 (conv): output_shapes: calculated [[1,10,31,31]], measured [[1,10,32,32]]" in done.out
    assert "    height: (N - F + 2P)/S + 1 = (32 - 5 + 2*2)/1 + 1 = 31" in done.out
    assert "NOT verified" in done.out


def test_batch_input_and_dtype(run, spec) -> None:
    done = run("verify", spec(TEN), "--batch", "2", "--input", "4x9x7", "--dtype", "float64", "--format", "json")
    found = json.loads(done.out)
    assert found["verified"]
    assert found["dtype"] == "float64"
    assert found["layers"][0]["checks"][0]["measured"] == [[2, 10, 9, 7]]


def test_too_much_memory_is_refused_before_anything_is_taken(run, spec) -> None:
    done = run("verify", spec(TEN), "--input", "3x100000x100000")
    assert done.status == 2
    assert "CNN-E705" in done.err
    assert "--max-memory" in done.err
    assert done.out == ""
    assert run("verify", spec(TEN), "--max-memory", "1MiB").status == 2


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--layers", "con1"), "did you mean conv1?"),
        (("--dtype", "int8"), "float32 or float64"),
        (("--max-memory", "8XB"), "8GB or 512MiB"),
        (("--against", "onnxruntim"), "did you mean onnxruntime?"),
        (("--format", "csv"), "table or json"),
        (("--batch", "0"), "positive"),
    ],
    ids=str,
)
def test_wrong_usage_ends_with_2_and_a_fix(run, spec, args, told) -> None:
    done = run("verify", spec(TEN), *args)
    assert done.status == 2
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_black_box_is_told_apart(run, spec) -> None:
    text = TEN + "  - opaque: {shape: [5], parameters: 3, macs: 7}\n    name: box\n  - linear: 2\n"
    done = run("verify", spec(text))
    assert done.status == 2
    assert "CNN-E704" in done.err
    assert "black box" in done.err
    assert run("verify", spec(text), "--layers", "conv1").status == 0


def test_a_wrong_spec_ends_as_in_analyze(run, spec) -> None:
    done = run("verify", spec(TEN.replace("kernel_size: 5", "kernel_size: 50")))
    assert done.status == 2
    assert "CNN-E401" in done.err


SEVEN = "input: 2x7x9\nlayers:\n  - conv: {out_channels: 3, kernel_size: 3, bias: false}\n    name: conv1\n"


def test_a_faster_algorithm_is_named_with_what_it_performed(run, spec, monkeypatch) -> None:
    from cnnshape.forward import winograd

    for name in ("WIDE", "MANY", "HEAVY"):
        monkeypatch.setattr(winograd, name, 0)
    done = run("verify", spec(SEVEN))
    assert done.status == 0
    assert re.search(r"conv1\s+conv\s+ok\s+10 checks, Winograd F\(4, 3\)\n", done.out)
    assert "Winograd F(4, 3): 1,890 macs were made with 4,140; --direct performs each\n" in done.out
    detailed = run("verify", spec(SEVEN), "--layers", "conv1").out
    assert "    ops.mac                1,890 = 1,890 measured\n" in detailed
    assert "    performed              4,140 mac, by Winograd F(4, 3)\n" in detailed
    found = json.loads(run("verify", spec(SEVEN), "--format", "json").out)
    assert found["layers"][0]["instead"] == {"way": "Winograd F(4, 3)", "macs": 1890, "performed": {"mac": 4140}}


def test_direct_performs_all_that_it_counts(run, spec, monkeypatch) -> None:
    from cnnshape.forward import winograd

    for name in ("WIDE", "MANY", "HEAVY"):
        monkeypatch.setattr(winograd, name, 0)
    done = run("verify", spec(SEVEN), "--direct")
    assert done.status == 0
    assert "Winograd" not in done.out
    assert "--direct" not in done.out
    assert "instead" not in json.loads(run("verify", spec(SEVEN), "--direct", "--format", "json").out)["layers"][0]
