"""Every other framework's word means the same layer as the canonical one."""

from __future__ import annotations

import pytest

import cnnshape
from cnnshape.errors import ModelError
from cnnshape.layers import BY_NAME
from cnnshape.layers.base import Layer
from cnnshape.spec.aliases import FIELDS, IGNORED, KINDS, plain
from cnnshape.spec.fields import Fault, build, canonical, required
from cnnshape.spec.items import Items


class Here:
    """Where no variable is known."""

    def value_of(self, text):
        from cnnshape.expression import ExpressionError, evaluate

        try:
            return evaluate(text, {})
        except ExpressionError as error:
            raise Fault("CNN-E206", str(error)) from None

    def filled(self, text):
        return text

    def spend(self, steps):
        pass


VALUES = [3, 2, 1, 0, 0.5, True, [0, 2, 1, 3], [1, 2], "same", "nearest", "reflect"]


def made(kind, keys):
    return build(kind, keys, Here())


def with_field(kind: type[Layer], field: str):
    """Layers of a kind that differ in one field from its default, by that field's value."""
    base = dict.fromkeys(required(kind), 1)
    for value in VALUES:
        layer, faults = made(kind, {**base, field: value})
        if not faults:
            yield base, value, layer


@pytest.mark.parametrize("alias", [name for name, fields in FIELDS.items() if fields])
def test_every_alias_of_a_field_gives_the_same_layer(alias) -> None:
    tried = 0
    for kind in BY_NAME.values():
        field = canonical(kind, alias)
        if not field or field == alias:
            continue
        for base, value, layer in with_field(kind, field):
            keys = {name: v for name, v in base.items() if name != field} | {alias: value}
            if alias == "pads" and isinstance(value, list):
                continue  # ONNX's own order, below
            again, faults = made(kind, keys)
            assert not faults, (kind.kind, alias, value)
            assert again == layer
            tried += 1
    assert tried, f"no kind takes {alias}"


def test_the_first_field_that_a_kind_has_is_meant() -> None:
    assert canonical(BY_NAME["linear"], "num_output") == "out_features"
    assert canonical(BY_NAME["conv"], "num_output") == "out_channels"
    assert canonical(BY_NAME["dropout"], "p") == "p", "its own field before another's short word"
    assert canonical(BY_NAME["conv"], "p") == "padding"


@pytest.mark.parametrize("name", sorted(IGNORED))
def test_keys_that_change_no_number_are_read_and_dropped(name) -> None:
    for kind in ("conv", "max_pool", "batch_norm"):
        if name not in BY_NAME[kind].__struct_fields__:
            base = dict.fromkeys(required(BY_NAME[kind]), 1)
            assert made(BY_NAME[kind], {**base, name: 7})[0] == made(BY_NAME[kind], base)[0]


@pytest.mark.parametrize("alias", KINDS)
def test_every_alias_of_a_kind_is_found_and_hides_none_of_ours(alias) -> None:
    assert KINDS[alias] in BY_NAME
    found = Items.resolve(_Bare(), alias)
    assert found is BY_NAME[KINDS[alias]], alias
    for written in (alias.upper(), f"{alias}2d", f"{alias}_3D"):
        assert Items.resolve(_Bare(), written) is found


@pytest.mark.parametrize("kind", BY_NAME)
def test_every_kind_is_found_under_its_name_in_any_case(kind) -> None:
    camel = "".join(part.capitalize() for part in kind.split("_"))
    for written in (kind, kind.upper(), kind.replace("_", "-"), camel):
        assert Items.resolve(_Bare(), written) is BY_NAME[kind]
    assert plain(camel) == plain(kind)


class _Bare:
    blocks: dict = {}  # noqa: RUF012


def layer(text: str, x: str = "6x17x19"):
    report = cnnshape.analyze_text(f"input: {x}\nlayers:\n  - {text}\n")
    return str(report.outputs[0].shape), report.totals.params


SAME = [
    ("Conv2d: {out_channels: 8, kernel_size: [3, 5], stride: 2, padding: [1, 2]}", [
        "Conv2D: {filters: 8, kernel: 3x5, strides: 2, pad: [1, 2]}",
        "Conv: {out_channels: 8, kernel_shape: [3, 5], strides: [2, 2], pads: [1, 2, 1, 2]}",
        "Convolution: {num_output: 8, kernel_h: 3, kernel_w: 5, stride: 2, pad_h: 1, pad_w: 2}",
        "conv: {out_channels: 8, kernel_w: 5, kernel_h: 3, stride_h: 2, stride_w: 2, padding: 1x2}",
        "conv: {out: 8, k: [3, 5], s: 2, p: [1, 2]}",
    ]),
    ("conv: {out_channels: 8, padding: [[0, 1], [2, 3]]}", ["Conv: {out_channels: 8, pads: [0, 2, 1, 3]}"]),
    ("conv: {out_channels: 8, stride: 2, padding: same_lower}", ["Conv: {out_channels: 8, strides: 2, auto_pad: SAME_LOWER}"]),
    ("conv: {out_channels: 8, stride: 2, padding: same}", [
        "Conv: {out_channels: 8, strides: 2, auto_pad: SAME_UPPER}", "Conv2D: {filters: 8, strides: 2, padding: SAME}",
    ]),
    ("conv: {out_channels: 8, padding: 0}", ["Conv: {out_channels: 8, auto_pad: NOTSET}", "Conv: {out_channels: 8, auto_pad: VALID}"]),
    ("conv: {out_channels: 6, groups: 3, bias: false}", ["Conv2D: {filters: 6, groups: 3, use_bias: false}", "Convolution: {num_output: 6, group: 3, bias_term: false}"]),
    ("max_pool: {kernel_size: 3, stride: 2}", ["MaxPool2d: {kernel_size: 3, stride: 2}", "MaxPooling2D: {pool_size: 3, strides: 2}", "max-pool: {k: 3, s: 2}"]),
    ("linear: 5", ["Dense: {units: 5}", "InnerProduct: {num_output: 5}", "Linear: {out_features: 5}", "fc: 5"]),
    ("global_avg_pool", ["GlobalAveragePooling2D", "GlobalAveragePool", "gap"]),
    ("batch_norm", ["BatchNorm2d: {eps: 0.001, momentum: 0.1}", "BatchNormalization", "bn"]),
    ("permute: [0, 2, 3, 1]", ["Transpose: {perm: [0, 2, 3, 1]}"]),
    ("upsample: 2", ["UpSampling2D: 2", "interpolate: {scale_factor: 2}", "Resize: {scales: 2}"]),
    ("leaky_relu: 0.1", ["LeakyReLU: {alpha: 0.1}", "LeakyReLU: {negative_slope: 0.1}", "lrelu: 0.1"]),
    ("reshape: [-1]", ["View: [-1]", "Reshape: {target_shape: [-1]}"]),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "others"), SAME, ids=lambda value: value if isinstance(value, str) else "")
def test_layers_of_other_frameworks(ours, others) -> None:
    for other in others:
        assert layer(other) == layer(ours), other


def test_onnx_lists_all_begins_before_all_ends() -> None:
    assert layer("Conv: {out_channels: 1, pads: [0, 2, 1, 3]}")[0] == "1x1x16x22"  # 17+0+1-2, 19+2+3-2
    assert layer("Conv: {out_channels: 1, pads: [1, 2]}", "6x17")[0] == "1x1x18"


@pytest.mark.parametrize(
    "text",
    [
        "conv: {filters: 8, out_channels: 8}",
        "conv: {out_channels: 8, kernel_size: 3, kernel_h: 3}",
        "conv: {out_channels: 8, kernel: 3, kernel_size: 3}",
    ],
)
def test_one_field_under_two_names_is_refused(text) -> None:
    with pytest.raises(ModelError, match="a second time"):
        layer(text)


def test_expressions_and_interpolation_stand_in_every_field() -> None:
    text = "vars: {w: 4, pad: same, act: relu, deep: true}\ninput: 3x17x19\nlayers:\n"
    text += (
        '  - conv: {out_channels: 2 * w, kernel_size: [w - 1, w + 1], padding: "${pad}", bias: not deep}\n  - ${act}\n'
    )
    report = cnnshape.analyze_text(text)
    assert [row.kind for row in report.layers] == ["conv", "relu"]
    assert str(report.outputs[0].shape) == "1x8x17x19"
    assert report.totals.params == 8 * 3 * 15
