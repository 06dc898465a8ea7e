"""Two networks side by side: what stayed, what changed, what came and went."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from cnnshape import api
from cnnshape.compare import compare, guard
from cnnshape.compare.align import matched
from cnnshape.errors import ModelError

A = "{input: 3x13x17, layers: [{conv: 5, name: a}, {relu: , name: r}, {conv: 7, name: b}, {conv: 11, name: c}]}"


def of(text: str):
    return api.analyze_document(api.parse(text))


def states(before: str, after: str) -> list[tuple[str, str | None, str | None]]:
    return [(p.state, p.before, p.after) for p in compare(of(before), of(after)).layers if p.state != "same"]


def longest(a: str, b: str) -> int:
    """The longest common subsequence, by the book."""
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            best[i][j] = best[i - 1][j - 1] + 1 if x == y else max(best[i - 1][j], best[i][j - 1])
    return best[-1][-1]


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_as_much_is_kept_as_can_be_and_everything_is_told_once_in_order(a, b) -> None:
    pairs = matched(a, b)
    assert [i for i, _ in pairs if i is not None] == list(range(len(a)))
    assert [j for _, j in pairs if j is not None] == list(range(len(b)))
    equal = sum(i is not None and j is not None and a[i] == b[j] for i, j in pairs)
    assert equal >= longest(a, b)


@given(st.text("abc", max_size=12), st.text("abc", max_size=12), st.data())
def test_names_choose_among_the_scripts_that_keep_as_much(a, b, data) -> None:
    letters = "pqrstuvwxyzklmno"
    names = [data.draw(st.permutations(letters))[: len(text)] for text in (a, b)]
    pairs = matched(a, b, (names[0], names[1]))
    assert [i for i, _ in pairs if i is not None] == list(range(len(a)))
    assert [j for _, j in pairs if j is not None] == list(range(len(b)))
    equal = sum(i is not None and j is not None and a[i] == b[j] for i, j in pairs)
    assert equal >= longest(a, b)


def test_a_deeper_network_keeps_every_layer_of_the_other() -> None:
    found = compare(api.analyze_network("zoo:resnet18"), api.analyze_network("zoo:resnet34"))
    assert {p.state for p in found.layers} == {"same", "added"}


def test_a_network_equals_itself() -> None:
    found = compare(of(A), of(A))
    assert found.equal
    assert not found.broken


def test_a_rename_changes_nothing() -> None:
    found = compare(of(A), of(A.replace("name: b", "name: other")))
    assert found.equal
    assert [(p.before, p.after) for p in found.layers if p.renamed] == [("b", "other")]


def test_a_layer_between_is_added_and_what_it_changes_behind_it_is_affected() -> None:
    after = A.replace("{conv: 7, name: b}", "{max_pool: 2, name: p}, {conv: 7, name: b}")
    assert states(A, after) == [("added", None, "p"), ("affected", "b", "b"), ("affected", "c", "c")]
    assert [row[0] for row in states(after, A)] == ["removed", "affected", "affected"]


def test_another_width_is_a_change_of_that_layer_and_affects_the_next() -> None:
    found = compare(of(A), of(A.replace("conv: 7", "conv: 2")))
    changed = next(p for p in found.layers if p.state == "changed")
    assert changed.fields == {"out_channels": (7, 2)}
    assert changed.numbers["params"] == (5 * 7 * 9 + 7, 5 * 2 * 9 + 2)
    assert next(p for p in found.layers if p.state == "affected").numbers["params"] == (
        7 * 11 * 9 + 11,
        2 * 11 * 9 + 11,
    )


def test_the_same_layers_wired_otherwise_are_not_equal() -> None:
    one = "{input: 3x13x17, layers: [{conv: 3, name: a}, {relu: , name: r}, {add: [a, r], name: s}]}"
    two = one.replace("add: [a, r]", "add: [input, r]")
    two = two.replace("conv: 3", "conv: {out_channels: 3, padding: 1}")
    one = one.replace("conv: 3", "conv: {out_channels: 3, padding: 1}")
    found = compare(of(one), of(two))
    assert [(p.before, p.fields) for p in found.layers if p.state == "changed"] == [
        ("s", {"from": (("a", "r"), ("input", "r"))})
    ]
    assert not found.equal


def test_totals_add_up() -> None:
    found = compare(of(A), of(A.replace("conv: 11", "conv: 22")))
    for total in found.totals:
        assert total.change == total.after - total.before
        assert total.percent is None or total.percent == pytest.approx(100 * total.change / total.before)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("params:+5%", True),
        ("params:+99%", False),
        ("params:+1", True),
        ("params:+1M", False),
        ("params:-1%", False),
        ("params:any", True),
        ("params:50%", True),
        ("layers:any", False),
    ],
)
def test_guards(text, broken) -> None:
    found = compare(of(A), of(A.replace("conv: 11", "conv: 22")), [guard(text)])
    assert bool(found.broken) == broken


BOX = "{input: 3x13x17, layers: [{conv: 5, name: a}, {opaque: {shape: [5, 11, 15], parameters: 7}, name: box}, {conv: 7}]}"
DROPS = BOX.replace(", parameters: 7", "")


def by_name(found) -> dict:
    return {total.name: total for total in found.totals}


def test_a_total_that_lacks_layers_is_not_taken_for_the_whole() -> None:
    found = compare(of(A), of(BOX), [guard("macs:any"), guard("params:any")])
    macs, flops, params = (by_name(found)[name] for name in ("macs", "flops", "params"))
    assert macs.status == flops.status == ("complete", "partial")
    assert macs.change is macs.percent is flops.change is None
    assert params.status == ("complete", "complete")
    assert params.change == params.after - params.before
    assert found.unknown == {"macs": ((), ("box",))}
    assert found.broken[0] == "macs is known in part, so macs:any is not held"
    assert by_name(compare(of(DROPS), of(A)))["param_bytes"].status == ("partial", "complete")


def test_what_the_same_layers_lack_on_both_sides_cancels() -> None:
    wider = DROPS.replace("{conv: 7}", "{conv: 11}")
    totals = by_name(compare(of(DROPS), of(wider), [guard("params:any")]))
    for name in ("params", "macs", "param_bytes"):
        assert totals[name].status == ("partial", "partial")
        assert totals[name].change == totals[name].after - totals[name].before > 0


@pytest.mark.parametrize(
    "other",
    [
        DROPS.replace("conv: 5", "conv: 3"),  # the box reads another shape
        DROPS.replace("[5, 11, 15]", "[5, 11, 13]"),  # and gives another
        DROPS.replace("{conv: 7}", "{opaque: {shape: [5, 11, 15]}}"),  # and another has come
    ],
)
def test_what_other_layers_lack_does_not(other) -> None:
    for found in (compare(of(DROPS), of(other)), compare(of(other), of(DROPS))):
        assert by_name(found)["macs"].change is by_name(found)["params"].change is None


def test_a_peak_over_layers_without_a_shape_is_no_sum() -> None:
    lost = "{input: 3x13x17, layers: [{conv: 5}, {foreign: What, name: lost}, relu]}"
    totals = by_name(compare(of(lost), of(lost)))
    assert totals["activation_bytes"].status == totals["peak_activation_bytes"].status == ("partial", "partial")
    assert (totals["activation_bytes"].change, totals["peak_activation_bytes"].change) == (0, None)


def test_every_form_says_which_layers_are_missing(run, tmp_path) -> None:
    (tmp_path / "a.yaml").write_text(A)
    (tmp_path / "box.yaml").write_text(BOX)
    shown = run("diff", "a.yaml", "box.yaml").out
    partial = by_name(compare(of(A), of(BOX)))["macs"]
    assert re.search(rf"^macs +{partial.before:,} +>= {partial.after:,} +\?$", shown, re.MULTILINE)
    assert shown.endswith("\nafter: macs are partial: unknown for box\n")
    assert run("analyze", "box.yaml").out.count("macs are partial: unknown for box") == 1
    assert "\n- after: macs are partial: unknown for box\n" in run("diff", "a.yaml", "box.yaml", "-f", "markdown").out
    data = json.loads(run("diff", "a.yaml", "box.yaml", "-f", "json").out)
    assert data["unknown"] == {"macs": [[], ["box"]]}
    assert [t["status"] for t in data["totals"] if t["name"] in ("params", "macs")] == [
        ["complete", "complete"],
        ["complete", "partial"],
    ]
    assert "partial" not in run("diff", "a.yaml", "a.yaml").out


@pytest.mark.parametrize("text", ["parms:+5%", "params", "params:+x", "params:+-5%", "", "params:nan%", "params:inf%"])
def test_wrong_guards_are_refused(text) -> None:
    with pytest.raises(ModelError, match="CNN-E701"):
        guard(text)


@pytest.mark.parametrize("name", ["params", "layers", "macs"])
def test_a_guard_without_a_change_is_told_that_one_is_wanted(name) -> None:
    with pytest.raises(ModelError, match=f"which change of {name} is not said") as refused:
        guard(name)
    for fix in refused.value.problems[0].fix.replace(" or ", ", ").split(", "):
        assert guard(fix).name == name


def test_unlike_networks_are_compared_in_little_time() -> None:
    deep = "{input: 3x64x64, layers: [{repeat: 2000, layers: [{conv: {out_channels: 3, padding: 1}}, relu]}]}"
    other = "{input: 3x64x64, layers: [{repeat: 2000, layers: [sigmoid, {conv: {out_channels: 5, padding: 1}}]}]}"
    assert len(compare(of(deep), of(other)).layers) >= 4000


def test_the_command(run, spec, tmp_path, monkeypatch) -> None:
    one, two = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text(A)
    two.write_text(A.replace("conv: 11", "conv: 22"))
    shown = run("diff", str(one), str(two), "--fail-on", "params:+5%")
    assert shown.status == 1
    assert "~ c  conv  out_channels 11 -> 22" in shown.out
    assert "more than params:+5% allows" in shown.err
    assert run("diff", str(one), str(two)).status == 0
    data = json.loads(run("diff", str(one), str(two), "-f", "json").out)
    assert data["schema"] == "cnnshape-diff/1"
    assert [t["change"] for t in data["totals"] if t["name"] == "params"] == [11 * 7 * 9 + 11]
    assert "| **params** |" in run("diff", str(one), str(two), "-f", "markdown").out
    assert run("diff", str(one), str(two), "-f", "yaml").status == 2
    assert run("diff", str(one), str(tmp_path / "none")).status == 2


def test_a_file_of_a_commit(run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    mail = ("-c", "user.email=a@b.c", "-c", "user.name=a")
    (tmp_path / "m.yaml").write_text(A)
    for words in (("init", "-q"), ("add", "m.yaml"), (*mail, "commit", "-q", "-m", "one")):
        subprocess.run(["git", *words], check=True)
    (tmp_path / "m.yaml").write_text(A.replace("conv: 11", "conv: 22"))
    shown = run("diff", "git:HEAD:m.yaml", "m.yaml")
    assert shown.status == 0
    assert "out_channels 11 -> 22" in shown.out
    assert "--- git:HEAD:m.yaml" in shown.out
    for wrong in ("git:HEAD:nothing.yaml", "git:nowhere:m.yaml", "git:--output=x:m.yaml", "git:HEAD", "git::m.yaml"):
        refused = run("analyze", wrong)
        assert refused.status == 2, wrong
        assert "CNN-E" in refused.err


def test_a_stride_that_is_the_kernel_and_a_padding_that_is_none_may_be_left_unsaid(run, spec) -> None:
    pool = "input: 3x8x8\nlayers:\n  - avg_pool: {kernel_size: 2%s}\n"
    short, long = spec(pool % "", "short.yaml"), spec(pool % ", stride: 2, count_include_pad: false", "long.yaml")
    assert json.loads(run("diff", short, long, "-f", "json").out)["layers"][0]["state"] == "same"
    other = spec(pool % ", padding: 1, count_include_pad: false", "other.yaml")
    padded = spec(pool % ", padding: 1", "padded.yaml")
    changed = json.loads(run("diff", padded, other, "-f", "json").out)["layers"][0]
    assert (changed["state"], list(changed["fields"])) == ("changed", ["count_include_pad"])


def test_both_are_held_in_the_batch_that_both_state(run, spec, tmp_path) -> None:
    for batch in (4, 6):  # the transposed batch meets a matrix of as many rows
        gemm = helper.make_node("Gemm", ["x", "w"], ["y"], transA=1)
        weight = helper.make_tensor("w", 1, [batch, 5], [0.0] * 5 * batch)
        x, y = (helper.make_tensor_value_info(name, 1, shape) for name, shape in (("x", [batch, 3]), ("y", [3, 5])))
        graph = helper.make_graph([gemm], "g", [x], [y], [weight])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
        (tmp_path / f"{batch}.onnx").write_bytes(model.SerializeToString())
    assert run("diff", "4.onnx", "4.onnx").status == 0
    assert run("diff", "4.onnx", "6.onnx").status == 2


def one_layer(layer: str, size: str = "3x13x17"):
    return of(f"{{input: {size}, layers: [{layer}]}}")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("conv: {out_channels: 5, kernel_size: [3, 3], stride: [2, 2], padding: [[1, 1], [1, 1]], dilation: [1, 1]}",
         "conv: {out_channels: 5, kernel_size: 3, stride: 2, padding: 1}"),
        ("conv: {out_channels: 5, kernel_size: 3, padding: valid}", "conv: {out_channels: 5, kernel_size: 3}"),
        ("conv: {out_channels: 5, kernel_size: [3, 5], padding: same}",
         "conv: {out_channels: 5, kernel_size: [3, 5], padding: [1, 2]}"),
        ("max_pool: {kernel_size: 2, stride: 2, padding: same}",
         "max_pool: {kernel_size: 2, padding: [[0, 1], [0, 1]]}"),
        ("conv_transpose: {out_channels: 5, kernel_size: 2, stride: 3, padding: valid}",
         "conv_transpose: {out_channels: 5, kernel_size: 2, stride: 3, output_padding: 1}"),
        ("upsample: {scale_factor: [2, 2]}", "upsample: {scale_factor: 2}"),
        ("adaptive_avg_pool: {output_size: [5, 5]}", "adaptive_avg_pool: 5"),
        ("leaky_relu: {negative_slope: 0.3}", "leaky_relu: {negative_slope: 0.30000001192092896}"),
        ("foreign: {op: What, shapes: [[1, 5]], batch: 1}", "foreign: {op: What, shapes: [[1, 5]]}"),
    ],
)  # fmt: skip
def test_notation_is_no_change(one, two) -> None:
    for before, after in ((one, two), (two, one)):
        found = compare(one_layer(before), one_layer(after))
        assert [pair.fields for pair in found.layers] == [{}]
        assert found.equal


@pytest.mark.parametrize(
    ("one", "two", "fields"),
    [
        ("conv: {out_channels: 5, padding: same}", "conv: {out_channels: 5, padding: 2}", {"padding": ("same", 2)}),
        ("conv: {out_channels: 5, kernel_size: 3, padding: same}",
         "conv: {out_channels: 5, kernel_size: 5, padding: same}", {"kernel_size": (3, 5)}),
        ("conv: {out_channels: 5, padding: [[1, 2], [1, 2]]}", "conv: {out_channels: 5, padding: [1, 2]}",
         {"padding": (((1, 2), (1, 2)), (1, 2))}),
        ("conv_transpose: {out_channels: 5, kernel_size: 2, stride: 3, padding: valid}",
         "conv_transpose: {out_channels: 5, kernel_size: 2, stride: 3}",
         {"output_padding": (1, 0)}),
        ("leaky_relu: {negative_slope: 0.3}", "leaky_relu: {negative_slope: 0.30001}",
         {"negative_slope": (0.3, 0.30001)}),
        ("max_pool: {kernel_size: 2, padding: same, ceil_mode: true}", "max_pool: {kernel_size: 2, padding: same}",
         {"ceil_mode": (True, False)}),
    ],
)  # fmt: skip
def test_what_is_more_than_notation_is_told_as_it_is_written(one, two, fields) -> None:
    assert compare(one_layer(one), one_layer(two)).layers[0].fields == fields


def test_a_word_stays_itself_on_another_input() -> None:
    word = "conv: {out_channels: 5, kernel_size: 3, stride: 2, padding: same}"
    assert compare(one_layer(word), one_layer(word, "3x16x17")).layers[0].state == "affected"


@pytest.mark.parametrize(("kind", "equal"), [("add", True), ("mul", True), ("sub", False), ("concat", False)])
def test_the_order_of_what_is_summed_is_no_change(kind, equal) -> None:
    text = "{input: 3x13x17, layers: [{relu: , name: a}, {sigmoid: , name: b}, {%s: [%s], name: s}]}"
    assert compare(of(text % (kind, "a, b")), of(text % (kind, "b, a"))).equal == equal
