"""How torchvision writes the networks of the zoo, where it is not module by module.

Tools that hook modules do not see a call of `torch.nn.functional`, and a tool that patches functions sees a module's
own call as well. So it matters how a model is written, which no table of layers tells. Layers are those of the zoo's
specs; every other layer is a module. Source: torchvision 0.29.1, torchvision/models/*.py
"""

from __future__ import annotations

#: A pool that is written x.mean([2, 3]), which no counter of torch sees: this before its name or kind.
MEAN = "mean:"

#: Network -> layers, or kinds of them, that its forward() calls as functions.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("densenet121", "densenet161", "densenet169", "densenet201"), ("relu1", "global_avg_pool1")),
    "googlenet": ("relu",),
    "inception_v3": ("relu", "avg_pool", "branches1.branch3.max_pool1", "branches2.branch3.max_pool1"),
    **dict.fromkeys(("mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3"), ("mean:global_avg_pool",)),
    "mobilenet_v2": ("global_avg_pool1",),
    **dict.fromkeys([f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")], ("mean:global_avg_pool",)),
}


def functions(source: str) -> tuple[str, ...]:
    """The layers of "zoo:NAME" that torchvision calls as functions; none for any other source."""
    return FUNCTIONS.get(source.removeprefix("zoo:"), ()) if source.startswith("zoo:") else ()
