"""ONNX Runtime, as every check of ours uses it: on the CPU, the graph as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NotInRuntime

from .errors import CheckError, NoKernelError, one_line


def open_session(model: Path | bytes, folder: Path | None = None, profile: Path | None = None) -> ort.InferenceSession:
    """A session for one run, without graph optimisation, so that every node of the file is there.

    Args:
        model: a file, or a serialised model.
        folder: where a serialised model's external data lies.
        profile: write a profile of the run to a file of this name, with something added to it.

    Raises:
        NoKernelError: the file is valid, and this machine's runtime has no kernel for it.
        CheckError: ONNX Runtime does not load it.
    """
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    # laying weights out for speed pays only when a session runs often
    options.add_session_config_entry("session.disable_prepacking", "1")
    # an arena rounds large values up, and keeps all that it ever had as long as one output of the run is alive
    options.enable_cpu_mem_arena = False
    if profile is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(profile)
    if folder is not None:
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    source = model if isinstance(model, bytes) else str(model)
    try:
        return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except NotInRuntime as error:
        reason = one_line(error).rpartition(" : ")[2].rstrip(".")
        raise NoKernelError(f"This ONNX Runtime cannot run the file: {reason}.") from error
    except Exception as error:  # ONNX Runtime raises its own unrelated classes
        reason = one_line(error) if isinstance(model, bytes) else one_line(error).replace(f"{model.parent}/", "")
        raise CheckError(f"ONNX Runtime does not load the file: {reason.rstrip('.')}.") from error


def run_session(session: ort.InferenceSession, names: list[str] | None, feed: dict[str, np.ndarray]) -> list[Any]:
    """The outputs of these names (all when None).

    Raises:
        CheckError: ONNX Runtime does not run the file on these inputs.
    """
    try:
        return session.run(names, feed)
    except Exception as error:  # ONNX Runtime raises its own unrelated classes
        reason = _misfit(session, feed) or f"ONNX Runtime does not run the file: {one_line(error)}."
        raise CheckError(reason) from error


def _misfit(session: ort.InferenceSession, feed: dict[str, np.ndarray]) -> str | None:
    """The first input that is given at a size at which the file does not take it, and what to do."""
    for value in session.get_inputs():
        if value.name not in feed:
            continue
        given, taken = feed[value.name].shape, value.shape
        fits = len(given) == len(taken) and all(
            size == one or not isinstance(one, int) for size, one in zip(given, taken, strict=True)
        )
        if not fits:
            return (
                f'Input "{value.name}" is given as {list(given)}, and the file takes {_told(taken)} alone. Give that '
                "size, or export with --dynamic, which lets sizes vary."
            )
    return None


def _told(shape: list[int | str | None]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"
