"""The calls that one torch.nn.MultiheadAttention becomes, put together again as one layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cnnshape.layers import BY_NAME
from cnnshape.readers.torch.batch import settle
from cnnshape.readers.torch.built import WRONG
from cnnshape.readers.torch.names import Later
from cnnshape.readers.torch.program import Call, Ref, first, refs
from cnnshape.readers.torch.walk import Walk
from cnnshape.readers.torch.weights import Const, Weight

_MODULE = "torch.nn.modules.activation.MultiheadAttention"


def _module(call: Call) -> str:
    """The use of a multi-head attention that a call belongs to; "" for none."""
    return next((path for path, kind in call.stack if kind == _MODULE), "")


def grouped(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """The calls one by one, but those of one attention together."""
    group: list[Call] = []
    for call in calls:
        module = _module(call)
        if group and module != _module(group[0]):
            yield group
            group = []
        if module:
            group.append(call)
        else:
            yield [call]
    if group:
        yield group


def multi_head(walk: Walk, group: list[Call]) -> bool:
    """Append one layer for the whole group; whether that was possible: batch first, no mask, its own parameters."""
    made = {name for call in group for name in call.outputs}
    outside: list[Ref] = []
    arrays: dict[Any, Weight] = {}
    for call in group:
        if call.op == "masked_fill" or ("attn_mask" in call.args and call.args["attn_mask"] is not None):
            return False
        for ref in (each for arg in call.args.values() for each in refs(arg)):
            if ref.name in made:
                continue
            what = walk.env.get(ref.name)
            if isinstance(what, Weight):
                arrays[what.key] = what
            elif isinstance(what, int):
                if ref not in outside:
                    outside.append(ref)
            elif not isinstance(what, Const):
                return False
    settle(walk, outside)
    heads, inputs = _heads(walk, group), [walk.env[ref.name] for ref in outside]
    out = group[-1].outputs
    begin = group[0]
    turned = begin.op == "transpose" and {begin.args.get("dim0"), begin.args.get("dim1")} == {0, 1}
    if heads is None or not turned or len(out) != 1 or not 1 <= len(inputs) <= 3:
        return False
    weights = sorted(arrays.values(), key=_order)
    bias = any(weight.name.endswith("out_proj.bias") for weight in weights)
    layer = msgspec.convert({"num_heads": heads, "bias": bias}, BY_NAME["multi_head_attention"])
    from cnnshape.readers.torch.op import Made

    stack = (*[s for s in begin.stack if s[1] != _MODULE], (_module(begin), _MODULE))
    whole = Call("multi_head_attention", {"x": outside}, out, stack)
    name = Made(layer, tuple(inputs), weights)  # type: ignore[arg-type]
    if not walk.fits(whole, layer, name.inputs, out):
        walk.misfits.pop()
        return False
    share = walk.counted(layer, name)
    if share is None:
        return False
    # The second result, the weights that every position gives the others, is computed on the way: a row if it is read.
    walk.env.update({name: Later(whole, 1) for name in made})
    walk.env[out[0]] = walk.node(whole, layer, name.inputs, out, share=share or None, weights=weights)[0]
    return True


def _order(weight: Weight) -> int:
    """The place of a parameter among those of the layer."""
    tail = weight.name.split(".")[-1] if "out_proj" not in weight.name else weight.name[-15:]
    order = ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias")
    return order.index(tail) if tail in order else len(order) + weight.name.endswith("bias")


def _heads(walk: Walk, group: list[Call]) -> int | None:
    """How many heads attend: the second dimension of the queries, or the embedding over the width of a head."""
    for call in group:
        if call.op == "scaled_dot_product_attention" and isinstance(call.args.get("query"), Ref):
            shape = walk.program.meta(call.args["query"].name).shape
            return shape[1] if shape is not None and len(shape) == 4 else None
    for call in group:
        if call.op in ("bmm", "baddbmm"):
            query = call.args.get("self") if call.op == "bmm" else call.args.get("batch1")
            shape = walk.program.meta(query.name).shape if isinstance(query, Ref) else None
            whole = walk.program.meta(first(group[0]).name).shape
            return whole[-1] // shape[-1] if shape and whole and shape[-1] else None
    return None


def walked(walk: Walk, calls: Iterator[Call]) -> None:
    """Read every call; those of one multi-head attention together."""
    for group in grouped(calls):
        try:
            if len(group) == 1 or not multi_head(walk, group):
                for call in group:
                    walk.call(call)
        except WRONG as error:  # arguments that no version of torch writes
            label, why = walk.label(group[0])[0][:200], str(error).split("\n", maxsplit=1)[0][:120]
            raise walk.graph.stop(
                "CNN-E803", f"the arguments of {group[0].target[:80]} are wrong: {why}", layer=label
            ) from None
