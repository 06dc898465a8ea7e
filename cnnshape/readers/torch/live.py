"""A module of Python's -> Network, through torch.export: on the meta device, without a forward pass.

Only these functions import torch, and only they run code of the user's.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnshape.errors import ModelError, Place, Problem, quoted
from cnnshape.readers.torch import network
from cnnshape.readers.torch.traced import program

if TYPE_CHECKING:
    from cnnshape.network import Network
    from cnnshape.readers import Options


def read(name: str, options: Options) -> tuple[Network, list[Problem]]:
    """The network of MODULE:NAME, a module of torch's or what makes one; runs the user's code.

    Errors: ModelError CNN-E701 when there is no such thing, CNN-E703 without torch
    """
    torch = imported(name)
    made = _made(name, torch)
    return exported(made, options, name, name.rpartition(":")[2])


def imported(name: str) -> Any:
    """The real torch.

    Errors: ModelError CNN-E703 when it is not installed
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        if error.name not in (None, "torch"):
            raise _wrong("CNN-E703", f"torch cannot be imported: {error}", name, "pip install torch") from None
        raise _wrong("CNN-E703", "this needs torch, which is not installed", name, "pip install torch") from None


def _wrong(code: str, message: str, name: str, fix: str = "") -> ModelError:
    """An error of the call."""
    return ModelError([Problem(code, message, Place(name[:200]), fix=fix)])


def _made(name: str, torch: Any) -> Any:
    """The module that MODULE:NAME is or makes; made on the meta device where its constructor allows that."""
    where, _, what = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as python -m does
    try:
        found: Any = importlib.import_module(where)
    except ImportError as error:
        missing = (error.name or where).partition(".")[0]
        code, fix = ("CNN-E703", f"pip install {missing}") if missing else ("CNN-E701", "")
        raise _wrong(code, f"{where} cannot be imported: {error}", name, fix) from None
    except Exception as error:  # noqa: BLE001 - code of the user's
        raise _wrong("CNN-E701", f"{where} fails when it is imported: {_said(error)}", name) from None
    for part in what.split("."):
        if not hasattr(found, part):
            raise _wrong("CNN-E701", f"{where} has no {quoted(part)}", name)
        found = getattr(found, part)
    if isinstance(found, torch.nn.Module):
        return found
    if not callable(found):
        raise _wrong("CNN-E701", f"{what} is neither a torch.nn.Module nor makes one", name)
    try:
        try:
            with torch.device("meta"):
                made = found()
        except Exception:  # noqa: BLE001 - some look at numbers, which the meta device does not have
            made = found()
    except Exception as error:  # noqa: BLE001 - code of the user's
        raise _wrong(
            "CNN-E701", f"{what}() fails: {_said(error)}", name, "name something that needs no arguments"
        ) from None
    if not isinstance(made, torch.nn.Module):
        raise _wrong("CNN-E701", f"{what}() makes a {type(made).__name__}, not a torch.nn.Module", name)
    return made


def _said(error: BaseException) -> str:
    """The first line of what code of others says."""
    lines = str(error).strip().split("\n")
    return f"{type(error).__name__}: {lines[0][:200]}" if lines[0] else type(error).__name__


def exported(module: Any, options: Options, source: str, name: str) -> tuple[Network, list[Problem]]:
    """The network of a module.

    Errors: ModelError CNN-E802 without the input's shape, CNN-E701 when export fails
    """
    import contextlib
    import io
    import logging
    import warnings

    torch = imported(source)
    if not isinstance(module, torch.nn.Module):
        raise _wrong("CNN-E701", f"a torch.nn.Module is needed, not a {type(module).__name__}", source)
    shapes = options.inputs
    if not shapes:
        fix = "--input 3x224x224, without the batch; --input NAME=SHAPE for several"
        raise _wrong("CNN-E802", "torch needs the shape of the input", source, fix)
    arrays = next(iter([*module.parameters(), *module.buffers()]), None)
    device = "cpu" if arrays is None else arrays.device
    dtype = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)
    batch = options.batch or 1
    whole = {name: (batch, *shape) for name, shape in shapes.items()}
    try:
        args = (torch.empty(whole[""], device=device, dtype=dtype),) if "" in whole else ()
        kwargs = {name: torch.empty(size, device=device, dtype=dtype) for name, size in whole.items() if name}
    except RuntimeError as error:
        raise _wrong("CNN-E501", f"torch cannot make an input of this shape: {_said(error)}", source) from None
    quiet = logging.root.manager.disable
    modes = [(part, part.training) for part in module.modules()]
    try:
        module.eval()
        logging.disable(logging.CRITICAL)  # torch's own remarks: an export that fails is told below
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            graph = _exported(torch, module, args, kwargs, device, source)
    finally:
        logging.disable(quiet)
        for part, training in modes:
            part.training = training
    stated = type(options)(inputs={}, batch=None, strict=options.strict)
    return network(program(graph, name), source, stated)[:2]


def _exported(torch: Any, module: Any, args: Any, kwargs: Any, device: Any, source: str) -> Any:
    """torch.export; an input that is a table's index is tried as whole numbers."""
    try:
        return torch.export.export(module, args, kwargs)
    except Exception as error:  # noqa: BLE001 - it follows code of the user's
        if "Long" in str(error) or "scalar types" in str(error) or "indices" in str(error):
            whole = [torch.zeros(x.shape, device=device, dtype=torch.int64) for x in args]
            named = {name: torch.zeros(x.shape, device=device, dtype=torch.int64) for name, x in kwargs.items()}
            try:
                return torch.export.export(module, tuple(whole), named)
            except Exception as again:  # noqa: BLE001 - as above
                error = again
        fix = "torch.export must be able to follow the module: no branch on the values of tensors"
        if "required argument" in str(error):
            fix = "give every input by its argument's name: --input NAME=SHAPE, or {name: shape}"
        raise _wrong("CNN-E701", f"torch.export fails: {_said(error)}", source, fix) from None
