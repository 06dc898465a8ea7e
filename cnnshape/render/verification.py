"""What `verify` found, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.render.safe import inline, padded, width

if TYPE_CHECKING:
    from cnnshape.verify.result import Check, Instead, LayerChecks, Verification

_ORDER = (
    "schema",
    "verified",
    "model",
    "batch",
    "dtype",
    "seed",
    "against",
    "layers",
    "totals",
    "seconds",
    "peak_bytes",
)


def to_json(found: Verification) -> str:
    """The contract cnnshape-verify/1; docs/verify.md describes it."""
    fields = {name: getattr(found, name) for name in (*_ORDER, "checked", "failed", "unmeasured")}
    return msgspec.json.format(msgspec.json.encode(fields), indent=2).decode()


def table(found: Verification, arithmetic: dict[str, list[str]], *, detailed: bool = False) -> str:
    """A line per layer, then what differs with the arithmetic behind it, then the sum of it all.

    `detailed` shows every check with what was measured.
    """
    names = {layer.name: inline(layer.name) for layer in found.layers}
    wide = max([width(name) for name in names.values()] + [len("total")])
    kinds = max([len(layer.kind) for layer in found.layers] + [4])
    lines = [f"{inline(found.model)}: batch {found.batch}, {found.dtype}, seed {found.seed}", ""]
    for layer in found.layers:
        way = f", {layer.instead.way}" if layer.instead else ""
        lines.append(f"{padded(names[layer.name], wide)}  {layer.kind:<{kinds}}  {_state(layer.checks)}{way}")
        if detailed:
            lines += [f"    {_measurement(check)}" for check in layer.checks]
            lines += [f"    {_instead(layer.instead)}"] if layer.instead else []
    if found.totals:
        lines.append(f"{'total':<{wide}}  {'':<{kinds}}  {_state(found.totals)}")
    lines.append("")
    for layer in found.layers:
        lines += differences(layer, arithmetic.get(layer.name, []))
    lines += [f"total: {line}" for line in map(_difference, found.totals) if line]
    unmeasured: dict[str, int] = {}
    for check in [check for layer in found.layers for check in layer.checks] + found.totals:
        if check.ok is None:
            unmeasured[check.note] = unmeasured.get(check.note, 0) + 1
    lines += [f"not measured: {count} ({why})" for why, count in list(unmeasured.items())[:12]]
    lines += _faster([layer.instead for layer in found.layers if layer.instead])
    verdict = "verified" if found.verified else "NOT verified"
    lines.append(
        f"{verdict}: {found.checked - found.failed:,} of {found.checked:,} checks agree in {found.seconds:.2f} s; "
        f"{found.unmeasured:,} not measured; at most {found.peak_bytes:,} bytes of activations alive"
    )
    return "\n".join(lines) + "\n"


def differences(layer: LayerChecks, arithmetic: list[str]) -> list[str]:
    """What one layer's checks say against the calculator; nothing when all agree."""
    told = [line for line in map(_difference, layer.checks) if line]
    if not told:
        return []
    return [
        *[f"{inline(layer.name)} ({layer.kind}): {line}" for line in told],
        *[f"    {line}" for line in arithmetic],
        "",
    ]


def _instead(found: Instead) -> str:
    """What was performed in place of the count of the definition."""
    performed = ", ".join(f"{count:,} {name}" for name, count in found.performed.items())
    return f"{'performed':<22} {performed}, by {found.way}"


def _faster(layers: list[Instead]) -> list[str]:
    """A line about what other algorithms made, if there were any."""
    if not layers:
        return []
    ways = ", ".join(dict.fromkeys(one.way for one in layers))
    macs = sum(one.macs for one in layers)
    performed = sum(one.performed.get("mac", 0) for one in layers)
    return [f"{ways}: {macs:,} macs were made with {performed:,}; --direct performs each"]


def _difference(check: Check) -> str:
    if check.ok is not False:
        return ""
    note = f" ({check.note})" if check.note else ""
    return f"{check.what}: calculated {_shown(check.calculated)}, measured {_shown(check.measured)}{note}"


def _measurement(check: Check) -> str:
    """One check as it stands: what was measured, and how that compares."""
    note = f" ({check.note})" if check.note else ""
    if check.ok is None:
        return f"{check.what:<22} {_shown(check.calculated)}, not measured{note}"
    sign = "=" if check.ok else "is NOT"
    return f"{check.what:<22} {_shown(check.calculated)} {sign} {_shown(check.measured)} measured{note}"


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else msgspec.json.encode(value).decode()


def _state(checks: list[Check]) -> str:
    """How many agree, and what does not."""
    wrong = [check.what for check in checks if check.ok is False]
    open_ = sum(check.ok is None for check in checks)
    if wrong:
        return f"DIFFERS: {', '.join(wrong)}"
    return f"ok  {len(checks) - open_} checks" + (f", {open_} not measured" if open_ else "")
