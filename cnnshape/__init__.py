"""cnnshape: the CNN shape and parameter calculator.

>>> import cnnshape
>>> report = cnnshape.analyze_text("{input: 3x32x32, layers: [conv: {out_channels: 10, kernel_size: 5, padding: 2}]}")
>>> report.totals.params, str(report.outputs[0].shape)
(760, '1x10x32x32')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnshape.api import analyze, analyze_data, analyze_text, from_torch, load
    from cnnshape.errors import ModelError

__version__ = "0.1.0"
__all__ = ["ModelError", "__version__", "analyze", "analyze_data", "analyze_text", "from_torch", "load"]


def __getattr__(name: str) -> Any:
    """Load the front door when somebody knocks: `import cnnshape` alone costs nothing."""
    if name == "ModelError":  # whoever catches it has no need of the front door
        from cnnshape.errors import ModelError

        return ModelError
    if name in __all__:
        from cnnshape import api

        return getattr(api, name)
    raise AttributeError(f"module 'cnnshape' has no attribute {name!r}")
