"""A kind's written keys -> its structure: aliases, expressions, dialects, types; every wrong key is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

import msgspec

from cnnshape.errors import did_you_mean, quoted
from cnnshape.layers.base import Layer
from cnnshape.spec.advice import YES_NO, meant, truth
from cnnshape.spec.aliases import AUTO_PAD, FIELDS, IGNORED
from cnnshape.spec.source import Map, Seq

#: No field takes a longer list.
MAX_LIST = 4096

#: What other frameworks state about a layer's input; here it follows from what arrives.
INFERRED = ("in_channels", "in_features", "num_features", "in_planes", "input_dim", "input_shape", "input_size")

_SIZES = re.compile(r"\s*\d+(\s*[x×]\s*\d+)+\s*\Z")


class Fault(Exception):  # noqa: N818 - a note to the builder, which makes the problem of it
    """One wrong key of one layer: code, message, the key it stands at (value or key itself), fix."""

    def __init__(
        self, code: str, message: str, key: str = "", fix: str = "", at_value: bool = True, mark: int = 0
    ) -> None:
        """Keep the parts for the builder; `mark` is the place, where it is nearer than the key's value."""
        super().__init__(message)
        self.code, self.message, self.key, self.fix, self.at_value = code, message, key, fix, at_value
        self.mark = mark


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


@cache
def takes_truth(kind: type[Layer], name: str) -> bool:
    """Whether a field may be true or false."""
    info = msgspec.inspect.type_info(hints(kind)[name])
    parts = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    return any(isinstance(part, msgspec.inspect.BoolType) for part in parts)


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


#: Caffe's kernel_h, pad_w and the like.
SPLIT = re.compile(r"(kernel|stride|pad|padding|dilation)_(d|h|w|depth|height|width)\Z")


def gather(keys: dict[str, Any]) -> dict[str, Any]:
    """Caffe's kernel_h and kernel_w -> kernel_size: [h, w]."""
    parts: dict[str, dict[str, Any]] = {}
    for key, value in keys.items():
        found = SPLIT.match(key)
        if found:
            parts.setdefault(found[1], {})[found[2][0]] = value
    if not parts:
        return keys
    rest = {key: value for key, value in keys.items() if not SPLIT.match(key)}
    for word, axes in parts.items():
        name = {"kernel": "kernel_size", "pad": "padding"}.get(word, word)
        rest[name] = [axes[axis] for axis in "dhw" if axis in axes]
    return rest


def _twice(keys: dict[str, Any]) -> list[Fault]:
    """A whole beside its parts: kernel_size and kernel_h."""
    faults = []
    for key in keys:
        found = SPLIT.match(key)
        name = {"kernel": "kernel_size", "pad": "padding"}.get(found[1], found[1]) if found else ""
        if name in keys:
            faults.append(Fault("CNN-E202", f"{key} says {name} a second time", key, "keep one", at_value=False))
    return faults


class Reading(Protocol):
    """Where a layer is written: what its expressions and ${...} stand for. Both raise `Fault`."""

    def value_of(self, text: str) -> Any:
        """The value of an expression."""

    def filled(self, text: str) -> Any:
        """A string with its ${...} filled in."""

    def spend(self, steps: int) -> None:
        """Count work that a long list makes."""


def written_at(kind: type[Layer], item: Any, word: str, field: str, value: bool = True) -> int:
    """The packed place where an item writes a field of its kind, under whatever name; 0 when it does not."""
    body = item.get(word) if isinstance(item, Map) else None
    if not isinstance(body, Map):
        return item.mark(word, value) if body is not None and field == kind.shorthand else 0
    if field in body:
        return body.mark(field, value)
    for key in body:
        if field_of(kind, key) == field:
            return body.mark(key, value)
    return 0


def field_of(kind: type[Layer], key: str) -> str | None:
    """`canonical`, for a part such as kernel_h as well."""
    split = SPLIT.match(key)
    return canonical(kind, {"kernel": "kernel_size", "pad": "padding"}.get(split[1], split[1]) if split else key)


def build(kind: type[Layer], keys: dict[str, Any], here: Reading) -> tuple[Layer | None, list[Fault]]:
    """The layer, or None and what is wrong with it."""
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    gathered = gather(keys)
    if len(gathered) < len(keys):
        faults.extend(_twice(keys))
    for written, raw in gathered.items():
        name = canonical(kind, written)
        if name is None:
            message = f"{kind.kind} has no key {quoted(written)}"
            faults.append(Fault("CNN-E202", message, written, instead(kind, written, gathered), at_value=False))
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
    offered = {fault.fix for fault in faults}
    for name in required(kind):
        if name not in values and not any(f"did you mean {word}?" in offered for word in _called(name)):
            example = f"{kind.kind}: {{{name}: ...}}"
            faults.append(Fault("CNN-E204", f"{kind.kind} needs {name}", "", f"write {example}"))
    if faults:  # the values that could be read may be wrong as well
        return None, faults + _each(kind, keys, values)
    try:
        return msgspec.convert(values, kind), []
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # half a character cannot be encoded
        return None, _each(kind, keys, values) or [Fault("CNN-E203", str(error)[:200])]


def instead(kind: type[Layer], written: str, keys: Iterable[str]) -> str:
    """The fix for a key that a kind does not have, beside those that are written."""
    if written in INFERRED:
        return "leave it out: it follows from the input"
    said = {canonical(kind, key) for key in keys}
    near = meant(
        written, (k for k in (*kind.__struct_fields__, *FIELDS) if canonical(kind, k) not in (None, "", *said))
    )
    return near or f"{kind.kind} takes {', '.join(kind.__struct_fields__) or 'no keys'}"


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
            return [int(size[:200]) for size in re.split("[x×]", raw)]
        try:
            return here.value_of(raw)
        except Fault as fault:
            alone = fault.code == "CNN-E206" and truth(raw)
            if alone and takes_truth(kind, name):
                words = ("true", "false", *words)
            if alone and words:
                fix = truth(raw) if raw.strip().lower() in YES_NO and "true" in words else did_you_mean(raw, words)
                fix = fix or (f"one of {', '.join(words)}" if len(words) > 2 else truth(raw))
                raise Fault(
                    "CNN-E203", f"{written} is neither a number nor a known word: {quoted(raw)}", written, fix
                ) from None
            raise
    if isinstance(raw, list):
        here.spend(max(0, len(raw) - 8))
        if len(raw) > MAX_LIST:
            raise Fault("CNN-E203", f"{written} has {len(raw):,} values, the limit is {MAX_LIST:,}", written)
        values = []
        for index, item in enumerate(raw):
            try:
                values.append(settled(kind, name, written, item, here))
            except Fault as fault:
                fault.mark = fault.mark or (raw.mark(index) if isinstance(raw, Seq) else 0)
                raise
        if written == "pads" and values and all(isinstance(v, int) for v in values) and len(values) % 2 == 0:
            half = len(values) // 2  # ONNX lists all begins, then all ends
            return [[values[i], values[half + i]] for i in range(half)]
        return values
    if isinstance(raw, float) and raw - raw != 0:
        from cnnshape.spec.wanted import refused

        raise Fault("CNN-E203", refused(written, hints(kind)[name], raw), written)
    return raw


def _called(field: str) -> list[str]:
    """A field's name, and other words for it."""
    return [field, *(word for word, fields in FIELDS.items() if field in fields)]


def _each(kind: type[Layer], keys: dict[str, Any], values: dict[str, Any]) -> list[Fault]:
    """Check the fields one by one: the first error of all is every error of one."""
    from cnnshape.spec.wanted import refused

    faults = []
    by_name = {canonical(kind, written): written for written in keys}
    for name, value in values.items():
        if value is msgspec.UNSET:  # told already
            continue
        try:
            msgspec.convert(value, hints(kind)[name])
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            written = by_name.get(name) or name
            message = refused(written, hints(kind)[name], value)
            faults.append(Fault("CNN-E203", message, written, mark=_inside(keys.get(written), str(error))))
    return faults


def _inside(raw: Any, message: str) -> int:
    """The place of the element that msgspec complains about (`$[1][0]`); 0 when it is the whole value."""
    mark = 0
    for index in re.findall(r"\[(\d+)\]", message.rpartition(" at ")[2]):
        if not isinstance(raw, Seq) or int(index) >= len(raw):
            break
        mark, raw = raw.mark(int(index)), raw[int(index)]
    return mark
