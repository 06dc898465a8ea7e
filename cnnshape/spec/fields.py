"""A kind's written keys -> its structure: aliases, expressions, dialects, types; every wrong key is told."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Protocol

import msgspec

from cnnshape.errors import did_you_mean
from cnnshape.layers.base import Layer
from cnnshape.spec.aliases import AUTO_PAD, FIELDS, IGNORED

_SIZES = re.compile(r"\s*\d+(\s*[x×]\s*\d+)+\s*\Z")


class Fault(Exception):  # noqa: N818 - a note to the builder, which makes the problem of it
    """One wrong key of one layer: code, message, the key it stands at (value or key itself), fix."""

    def __init__(self, code: str, message: str, key: str = "", fix: str = "", at_value: bool = True) -> None:
        """Keep the parts for the builder."""
        super().__init__(message)
        self.code, self.message, self.key, self.fix, self.at_value = code, message, key, fix, at_value


@cache
def hints(kind: type[Layer]) -> dict[str, Any]:
    """The types of a kind's fields."""
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


@cache
def required(kind: type[Layer]) -> tuple[str, ...]:
    """The fields without a default: they stand in front of the others."""
    return kind.__struct_fields__[: len(kind.__struct_fields__) - len(kind.__struct_defaults__)]


@cache
def takes_words(kind: type[Layer], name: str) -> tuple[str, ...] | None:
    """The words that a field accepts: () for none, None for any text."""
    return _words(msgspec.inspect.type_info(hints(kind)[name]))


def _words(info: Any) -> tuple[str, ...] | None:
    if isinstance(info, msgspec.inspect.StrType):
        return None
    if isinstance(info, msgspec.inspect.LiteralType):
        return tuple(value for value in info.values if isinstance(value, str))
    if isinstance(info, msgspec.inspect.UnionType):
        found: list[str] = []
        for part in info.types:
            words = _words(part)
            if words is None:
                return None
            found.extend(words)
        return tuple(found)
    return ()


def canonical(kind: type[Layer], written: str) -> str | None:
    """Our name for a written key; "" for a key that changes nothing; None for an unknown one."""
    fields = kind.__struct_fields__
    if written in fields:
        return written
    for name in FIELDS.get(written, ()):
        if name in fields:
            return name
    return "" if written in IGNORED else None


_SPLIT = re.compile(r"(kernel|stride|pad|padding|dilation)_(d|h|w|depth|height|width)\Z")


def gather(keys: dict[str, Any]) -> dict[str, Any]:
    """Caffe's kernel_h and kernel_w -> kernel_size: [h, w]."""
    parts: dict[str, dict[str, Any]] = {}
    for key, value in keys.items():
        found = _SPLIT.match(key)
        if found:
            parts.setdefault(found[1], {})[found[2][0]] = value
    if not parts:
        return keys
    rest = {key: value for key, value in keys.items() if not _SPLIT.match(key)}
    for word, axes in parts.items():
        name = {"kernel": "kernel_size", "pad": "padding"}.get(word, word)
        rest[name] = [axes[axis] for axis in "dhw" if axis in axes]
    return rest


class Reading(Protocol):
    """Where a layer is written: what its expressions and ${...} stand for. Both raise `Fault`."""

    def value_of(self, text: str) -> Any:
        """The value of an expression."""

    def filled(self, text: str) -> Any:
        """A string with its ${...} filled in."""


def build(kind: type[Layer], keys: dict[str, Any], here: Reading) -> tuple[Layer | None, list[Fault]]:
    """The layer, or None and what is wrong with it."""
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for written, raw in gather(keys).items():
        name = canonical(kind, written)
        if name is None:
            known = (*kind.__struct_fields__, *FIELDS)
            near = did_you_mean(written, tuple(k for k in known if canonical(kind, k)))
            takes = ", ".join(kind.__struct_fields__) or "no keys"
            message = f"{kind.kind} has no key {written}"
            faults.append(Fault("CNN-E202", message, written, near or f"{kind.kind} takes {takes}", at_value=False))
            continue
        if name == "":
            continue
        if name in values:
            faults.append(
                Fault("CNN-E202", f"{written} says {name} a second time", written, "keep one", at_value=False)
            )
            continue
        try:
            values[name] = settled(kind, name, written, raw, here)
        except Fault as fault:
            fault.key = written
            faults.append(fault)
            values[name] = msgspec.UNSET
    for name in required(kind):
        if name not in values:
            example = f"{kind.kind}: {{{name}: ...}}"
            faults.append(Fault("CNN-E204", f"{kind.kind} needs {name}", "", f"write {example}"))
    if faults:
        return None, faults
    try:
        return msgspec.convert(values, kind), []
    except msgspec.ValidationError as error:
        return None, _each(kind, keys, values) or [Fault("CNN-E203", str(error))]


def settled(kind: type[Layer], name: str, written: str, raw: Any, here: Reading) -> Any:
    """A written value with words, sizes and expressions resolved."""
    if isinstance(raw, str) and "${" in raw:
        raw = here.filled(raw)
    if isinstance(raw, str):
        words = takes_words(kind, name)
        if words is None:
            return raw
        if raw in words or raw.lower() in words:
            return raw if raw in words else raw.lower()
        if name == "padding" and raw.upper() in AUTO_PAD:
            return AUTO_PAD[raw.upper()]
        if _SIZES.match(raw):
            return [int(size) for size in re.split("[x×]", raw)]
        try:
            return here.value_of(raw)
        except Fault as fault:
            if words and fault.code == "CNN-E206" and re.fullmatch(r"\s*[A-Za-z_]\w*\s*", raw):
                fix = did_you_mean(raw, words) or f"one of {', '.join(words)}"
                raise Fault(
                    "CNN-E203", f"{written} is neither a number nor a known word: {raw}", written, fix
                ) from None
            raise
    if isinstance(raw, list):
        values = [settled(kind, name, written, item, here) for item in raw]
        if written == "pads" and values and all(isinstance(v, int) for v in values) and len(values) % 2 == 0:
            half = len(values) // 2  # ONNX lists all begins, then all ends
            return [[values[i], values[half + i]] for i in range(half)]
        return values
    return raw


def _each(kind: type[Layer], keys: dict[str, Any], values: dict[str, Any]) -> list[Fault]:
    """Check the fields one by one: the first error of all is every error of one."""
    faults = []
    by_name = {canonical(kind, written): written for written in keys}
    for name, value in values.items():
        try:
            msgspec.convert(value, hints(kind)[name])
        except msgspec.ValidationError as error:
            written = by_name.get(name) or name
            faults.append(Fault("CNN-E203", f"{written}: {_plainly(str(error), value)}", written))
    return faults


def _plainly(message: str, value: Any) -> str:
    """Msgspec's words, a little friendlier, with the value."""
    text = message.split(" - at ", maxsplit=1)[0].replace("Expected", "expected").replace("`", "")
    text = text.replace("Object missing", "missing").replace("Invalid enum value", "unknown word")
    shown = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if "got" in text and isinstance(value, (list, dict)) else f"{text.split(', got')[0]}, not {shown[:60]}"
