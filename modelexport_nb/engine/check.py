"""Is the written file valid ONNX?"""

from __future__ import annotations

from pathlib import Path

import onnx

from .errors import CheckError, one_line


def check_file(path: Path) -> None:
    """Run `onnx.checker` on the file (weights in external data included).

    Raises:
        CheckError: the checker refuses it.
    """
    if (fault := onnx_fault(path)) is not None:
        raise CheckError(f"The exported graph is not valid ONNX: {fault}.")


def onnx_fault(path: Path) -> str | None:
    """Why `onnx.checker` refuses a file, without a full stop; None when it does not."""
    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError as error:
        return one_line(error).replace(f"{path.parent}/", "").rstrip(".")
    return None
