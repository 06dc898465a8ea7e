"""Every rule: one explicit list, code by code; a rule's file is imported when the rule is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cnnshape.errors import did_you_mean, quoted, usage

if TYPE_CHECKING:
    from cnnshape.lint.rule import Rule

#: Permanent code -> name. A code is never given twice; the file is called as the rule is.
RULES: dict[str, str] = {
    # geometry
    "CNN-L101": "dropped-pixels",
    "CNN-L102": "uneven-padding",
    "CNN-L103": "pixels-between-windows",
    "CNN-L104": "padding-reaches-kernel",
    "CNN-L105": "even-kernel-same",
    "CNN-L106": "strided-pointwise",
    "CNN-L107": "padded-pointwise",
    "CNN-L108": "pool-covers-map",
    "CNN-L109": "taps-in-padding",
    "CNN-L110": "map-collapsed",
    "CNN-L111": "shrinking-chain",
    "CNN-L112": "dilation-gridding",
    "CNN-L113": "checkerboard",
    "CNN-L114": "odd-size-in-encoder",
    "CNN-L115": "branches-off-centre",
    "CNN-L116": "size-off-by-one",
    "CNN-L117": "idle-dilation",
    "CNN-L118": "no-effect",
    "CNN-L119": "average-counts-padding",
    "CNN-L120": "early-downsampling",
    "CNN-L121": "resized-there-and-back",
    "CNN-L122": "pool-after-pool",
    # nonlinearity
    "CNN-L201": "conv-after-conv",
    "CNN-L202": "linear-after-linear",
    "CNN-L203": "linear-after-conv",
    "CNN-L204": "activation-twice",
    "CNN-L205": "softmax-at-output",
    "CNN-L206": "activation-at-output",
    "CNN-L207": "softmax-over-one",
    "CNN-L208": "softmax-inside",
    "CNN-L209": "saturating-stack",
    "CNN-L210": "no-nonlinearity",
    "CNN-L211": "activation-before-softmax",
    "CNN-L212": "activation-without-effect",
    # parameters
    "CNN-L301": "bias-before-norm",
    "CNN-L302": "heavy-layer",
    "CNN-L303": "dead-layer",
    "CNN-L304": "ungrouped-depthwise",
    "CNN-L305": "wide-squeeze",
    "CNN-L306": "norm-over-one",
    "CNN-L307": "dropout-at-end",
    "CNN-L308": "dropout-before-norm",
    "CNN-L309": "norm-after-norm",
    "CNN-L310": "strong-dropout",
    "CNN-L311": "unused-input",
    "CNN-L312": "bias-missing",
    "CNN-L313": "scale-after-norm",
    "CNN-L314": "bottleneck",
    # receptive field
    "CNN-L401": "field-smaller-than-input",
    "CNN-L402": "layers-past-field",
    "CNN-L403": "jump-past-object",
    "CNN-L404": "field-smaller-than-object",
    # hardware
    "CNN-L501": "odd-channels",
    "CNN-L502": "narrow-groups",
    "CNN-L503": "low-intensity",
    "CNN-L504": "peak-tensor",
    "CNN-L505": "large-kernel",
    "CNN-L506": "relu-before-max-pool",
    "CNN-L507": "pointwise-after-upsample",
    "CNN-L508": "pointwise-before-average",
    # hygiene
    "CNN-L601": "automatic-source",
    "CNN-L602": "unused-variable",
    "CNN-L603": "unused-block",
    "CNN-L604": "no-expectation",
    "CNN-L605": "misleading-name",
    "CNN-L606": "unused-argument",
    "CNN-L607": "shadowed-variable",
    "CNN-L609": "idle-ignore",
}

#: What the first digit of a code says.
GROUPS = {
    "CNN-L1": "geometry",
    "CNN-L2": "nonlinearity",
    "CNN-L3": "parameters",
    "CNN-L4": "receptive field",
    "CNN-L5": "hardware",
    "CNN-L6": "hygiene",
}


def rule_of(code: str) -> Rule:
    """One rule by its code."""
    found: Rule = import_module(f"cnnshape.lint.rules.{RULES[code].replace('-', '_')}").RULE
    return found


def codes(word: str) -> list[str]:
    """The rules that a word means: ALL, a code or the beginning of one with or without CNN-, or a name."""
    key = word.strip().upper()
    full = key if key.startswith("CNN-") else f"CNN-{key}"
    if key == "ALL":
        return list(RULES)
    by_name = [code for code, name in RULES.items() if name == word.strip().lower()]
    return by_name or [code for code in RULES if len(full) > 4 and code.startswith(full)]


def chosen(words: tuple[str, ...], where: str) -> list[str]:
    """The rules that several words mean, in order. Errors: ModelError CNN-E701 for a word that means none."""
    found: dict[str, None] = {}
    for word in words:
        means = codes(word)
        if not means:
            fix = did_you_mean(word.lower(), tuple(RULES.values())) or "docs/rules.md lists every rule"
            raise usage(f"{where}: no rule is called {quoted(word)}", fix)
        found.update(dict.fromkeys(means))
    return sorted(found)
