"""The same network with the same weights in other engines, for comparison: onnxruntime and torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnshape.errors import ModelError, Place, Problem

if TYPE_CHECKING:
    from cnnshape.forward.weights import Weights
    from cnnshape.network import Network
    from cnnshape.report import Report


def onnxruntime_outputs(network: Network, report: Report, weights: Weights, inputs: dict[str, Any]) -> list[Any]:
    """The network's outputs as onnxruntime computes them, on as many threads as the forward pass.

    Errors: ModelError where a library is missing or the network cannot be written as ONNX
    """
    try:
        import onnxruntime
    except ImportError:
        raise missing("onnxruntime", "'cnnshape[onnxruntime]'") from None
    import io

    from cnnshape.forward.threads import count
    from cnnshape.writers.onnx import write_onnx

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = count()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    file = io.BytesIO()
    write_onnx(file, network, report, weights=weights)
    try:
        session = onnxruntime.InferenceSession(file.getvalue(), options, ["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented as error:
        message = f"onnxruntime cannot run this network in {report.dtype}: {str(error).splitlines()[0][:300]}"
        place, fix = Place(network.source), "--dtype float32" if report.dtype != "float32" else ""
        raise ModelError([Problem("CNN-E704", message, place, fix=fix)]) from None
    del file
    found: list[Any] = session.run(None, inputs)
    return found


def torch_outputs(network: Network, weights: Weights, inputs: dict[str, Any]) -> list[Any]:
    """The network's outputs as torch computes them.

    Errors: ModelError where torch is missing or a layer is a black box
    """
    try:
        import torch
    except ImportError:
        raise missing("torch", "'cnnshape[torch]'") from None
    from cnnshape.against.walk import outputs

    with torch.inference_mode():
        return outputs(network, weights, inputs)


def missing(library: str, install: str) -> ModelError:
    """The error of a library that is not installed."""
    message = f"comparing with {library} needs the package {library}, which is not installed"
    return ModelError([Problem("CNN-E703", message, Place("cnnshape"), fix=f"pip install {install}")])
