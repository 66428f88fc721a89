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
    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError as error:
        raise CheckError(f"The exported graph is not valid ONNX: {one_line(error)}. Nothing was written.") from error
