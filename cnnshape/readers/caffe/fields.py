"""Which fields Caffe's messages have, and reading them: each with its type, its default and its place.

A field that no known Caffe has is let pass, since forks add their own; one that is nearly a known field's name is a slip
of the pen and an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from cnnshape.errors import quoted
from cnnshape.readers.caffe.text import Message, Value, Word

_SCALE = "axis num_axes filler bias_term bias_filler min_value max_value"
#: Message -> its fields, BVLC's and those of the forks that are read here.
KNOWN: dict[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "net": "name input input_shape input_dim force_backward state debug_info layer layers",
        "layer": "name type bottom top phase loss_weight param blobs propagate_down include exclude transform_param "
        "loss_param blobs_lr weight_decay blob_share_mode layer force_backward",
        "convolution_param": "num_output bias_term pad kernel_size stride dilation pad_h pad_w kernel_h kernel_w "
        "stride_h stride_w group weight_filler bias_filler engine axis force_nd_im2col",
        "pooling_param": "pool pad pad_h pad_w kernel_size kernel_h kernel_w stride stride_h stride_w engine "
        "global_pooling round_mode ceil_mode torch_pooling",
        "inner_product_param": "num_output bias_term weight_filler bias_filler axis transpose normalize",
        "batch_norm_param": "use_global_stats moving_average_fraction eps scale_bias engine scale_filler bias_filler",
        "scale_param": _SCALE,
        "bias_param": "axis num_axes filler",
        "concat_param": "axis concat_dim",
        "slice_param": "axis slice_point slice_dim",
        "eltwise_param": "operation coeff stable_prod_grad",
        "crop_param": "axis offset",
        "reshape_param": "shape axis num_axes",
        "flatten_param": "axis end_axis",
        "permute_param": "order",
        "lrn_param": "local_size alpha beta norm_region k engine",
        "dropout_param": "dropout_ratio scale_train",
        "relu_param": "negative_slope engine",
        "prelu_param": "filler channel_shared",
        "elu_param": "alpha",
        "power_param": "power scale shift",
        "exp_param": "base scale shift",
        "log_param": "base scale shift",
        "softmax_param": "engine axis",
        "input_param": "shape",
        "data_param": "source batch_size rand_skip backend scale mean_file crop_size mirror force_encoded_color prefetch "
        "shuffle cache",
        "transform_param": "scale mirror crop_size mean_file mean_value force_color force_gray resize_param noise_param "
        "distort_param expand_param emit_constraint crop_h crop_w use_gpu_transform random_resize",
        "image_data_param": "source batch_size rand_skip shuffle new_height new_width is_color scale mean_file crop_size "
        "mirror root_folder",
        "memory_data_param": "batch_size channels height width",
        "hdf5_data_param": "source batch_size shuffle",
        "dummy_data_param": "data_filler shape num channels height width",
        "window_data_param": "source scale mean_file batch_size crop_size mirror fg_threshold bg_threshold fg_fraction "
        "context_pad crop_mode cache_images root_folder",
        "argmax_param": "out_max_val top_k axis",
        "tile_param": "axis tiles",
        "reduction_param": "operation axis coeff",
        "embed_param": "num_output input_dim bias_term weight_filler bias_filler",
        "recurrent_param": "num_output weight_filler bias_filler debug_info expose_hidden",
        "spp_param": "pyramid_height pool engine",
        "mvn_param": "normalize_variance across_channels eps",
        "norm_param": "across_spatial scale_filler channel_shared eps",
        "prior_box_param": "min_size max_size aspect_ratio flip clip variance img_size img_h img_w step step_h step_w "
        "offset",
        "roi_pooling_param": "pooled_h pooled_w spatial_scale",
        "reorg_param": "stride reverse",
        "interp_param": "height width zoom_factor shrink_factor pad_beg pad_end",
        "upsample_param": "scale scale_h scale_w pad_out_h pad_out_w upsample_h upsample_w",
        "shuffle_channel_param": "group",
        "param": "name share_mode lr_mult decay_mult",
        "rule": "phase min_level max_level stage not_stage",
        "shape": "dim",
    }.items()
}
#: The fields of a layer that hold its parameters; others of that ending are a fork's.
_STEMS = frozenset(name.removesuffix("_param") for name in KNOWN if name.endswith("_param")) | frozenset(
    [
        "accuracy",
        "annotated_data",
        "bn",
        "clip",
        "contrastive_loss",
        "detection_evaluate",
        "detection_output",
        "hdf5_output",
        "hinge_loss",
        "infogain_loss",
        "multibox_loss",
        "padding",
        "parameter",
        "pixel_shuffle",
        "pixelshuffle",
        "proposal",
        "psroi_pooling",
        "python",
        "relu6",
        "roi_align",
        "sigmoid",
        "swish",
        "tanh",
        "threshold",
        "triplet_loss",
    ]
)
_LAYER = sorted(KNOWN["layer"] | {f"{stem}_param" for stem in _STEMS})


class WrongField(Exception):  # noqa: N818 - the problem is on record; this only ends the layer
    """A field from which no layer can be made; it is on record already."""


#: What happens with a problem: offset, text, fix.
Tell = Callable[[int, str, str], None]


class Fields:
    """One message's fields by name, read with a type and a default."""

    __slots__ = ("message", "name", "strict", "tell")

    def __init__(self, message: Message, name: str, tell: Tell, strict: bool = False) -> None:
        """`name` is that of the field that holds it; its own fields are held against the known ones."""
        self.message, self.name, self.tell, self.strict = message, name, tell, strict
        known = KNOWN.get(name)
        if known is None:
            return
        for field, _, offset in message.fields:
            if field not in known and not (name == "layer" and field.removesuffix("_param") in _STEMS):
                self._unknown(field, offset)

    def _unknown(self, field: str, offset: int) -> None:
        """A slip of the pen is an error; a fork's own field is one only where all is to be known."""
        word, end = field[:80], ""
        known: Iterable[str] = _LAYER if self.name == "layer" else sorted(KNOWN[self.name])
        if self.name == "layer" and field.endswith("_param"):
            word, end, known = field[:-6], "_param", sorted(_STEMS)
        near = [word + end for word in get_close_matches(word, known, n=1, cutoff=0.8 + 0.08 * bool(end))]
        if near or (self.strict and not end):
            self.tell(offset, f"{self.name} has no field {quoted(field)}", f"did you mean {near[0]}?" if near else "")

    def wrong(self, offset: int, message: str, fix: str = "") -> WrongField:
        """Put a problem on record; the exception to raise."""
        self.tell(offset, message, fix)
        return WrongField()

    def all(self, name: str) -> list[tuple[Value, int]]:
        """Every value of a field, with its place."""
        return [(value, offset) for field, value, offset in self.message.fields if field == name]

    def has(self, *names: str) -> bool:
        """Whether one of the fields is written."""
        return any(field in names for field, _, _ in self.message.fields)

    def offset(self, name: str) -> int:
        """Where a field is written first, else where the message begins."""
        return next((offset for field, _, offset in self.message.fields if field == name), self.message.offset)

    def _one(self, name: str) -> tuple[Value, int] | None:
        found = None
        for field, value, offset in self.message.fields:
            if field == name:
                found = (value, offset)  # the last one stands, as when messages are merged
        return found

    def integers(self, name: str, low: int = -(2**31), high: int = 2**31 - 1) -> list[int]:
        """A repeated number."""
        return [self._integer(name, value, offset, low, high) for value, offset in self.all(name)]

    def integer(self, name: str, default: int, low: int = 0, high: int = 2**31 - 1) -> int:
        """One whole number."""
        found = self._one(name)
        return default if found is None else self._integer(name, *found, low, high)

    def needed(self, name: str, low: int = 1) -> int:
        """One whole number that has no default."""
        found = self._one(name)
        if found is None:
            raise self.wrong(self.message.offset, f"{self.name} does not state {name}", f"{name}: ...")
        return self._integer(name, *found, low, 2**31 - 1)

    def _integer(self, name: str, value: Value, offset: int, low: int, high: int) -> int:
        if not isinstance(value, int):
            raise self.wrong(offset, f"{name} is a whole number, not {_shown(value)}")
        if not low <= value <= high:
            raise self.wrong(offset, f"{name} is {quoted(value)}, but must lie in {low} .. {high}")
        return value

    def numbers(self, name: str) -> list[float]:
        """A repeated number with a fraction."""
        return [self._number(name, value, offset) for value, offset in self.all(name)]

    def number(self, name: str, default: float) -> float:
        """One number with a fraction."""
        found = self._one(name)
        return default if found is None else self._number(name, *found)

    def _number(self, name: str, value: Value, offset: int) -> float:
        if not isinstance(value, int | float):
            raise self.wrong(offset, f"{name} is a number, not {_shown(value)}")
        return float(value) if abs(value) < 1e300 else float("inf")

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        found = self._one(name)
        if found is None:
            return default
        value = found[0]
        if value in (0, 1) or (isinstance(value, Word) and value in ("true", "True", "t", "false", "False", "f")):
            return value in (1, "true", "True", "t")
        raise self.wrong(found[1], f"{name} is true or false, not {_shown(value)}")

    def word(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """An enumeration's value: its name, or its number."""
        found = self._one(name)
        if found is None:
            return default
        value = found[0]
        if value.__class__ is int and 0 <= int(str(value)) < len(choices):
            return choices[int(str(value))]
        if isinstance(value, str) and value in choices:
            return str(value)
        fix = next((f"did you mean {near}?" for near in get_close_matches(str(value)[:80], choices, 1)), "")
        raise self.wrong(found[1], f"{name} is one of {', '.join(choices)}, not {_shown(value)}", fix)

    def texts(self, name: str) -> list[tuple[str, int]]:
        """A repeated text, each with its place."""
        return [(self._text(name, value, offset), offset) for value, offset in self.all(name)]

    def text(self, name: str, default: str = "") -> str:
        """One text."""
        found = self._one(name)
        return default if found is None else self._text(name, *found)

    def _text(self, name: str, value: Value, offset: int) -> str:
        if not isinstance(value, str):
            raise self.wrong(offset, f"{name} is a text, not {_shown(value)}")
        return value

    def subs(self, name: str, kind: str = "") -> list[Fields]:
        """Repeated messages."""
        found = []
        for value, offset in self.all(name):
            if not isinstance(value, Message):
                raise self.wrong(offset, f"{name} is a message {{ ... }}, not {_shown(value)}")
            found.append(Fields(value, kind or name, self.tell, self.strict))
        return found

    def sub(self, name: str) -> Fields:
        """One message; empty where it is not written. Written twice, the two are merged."""
        found = self.subs(name)
        if not found:
            return Fields(Message(self.message.offset), name, self.tell)
        if len(found) > 1:
            merged = Message(found[0].message.offset)
            merged.fields = [field for each in found for field in each.message.fields]
            found[0].message = merged
        return found[0]

    def shape(self, name: str = "shape") -> tuple[int, ...]:
        """The sizes of a BlobShape."""
        return tuple(self.sub(name).integers("dim", 0))


def _shown(value: Any) -> str:
    """A value in a message."""
    return "a message" if isinstance(value, Message) else quoted(value)
