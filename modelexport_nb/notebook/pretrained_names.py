"""Names of Hugging Face that a line can be completed with: of models that are here, of tasks and of classes.

What transformers knows is asked only where it is loaded: nobody waits for an import who wants a completion.
"""

from __future__ import annotations

import sys
from pathlib import Path

_REPOSITORY = "models--"  # how huggingface_hub calls the folder of owner/model: models--owner--model


def cached_models(begun: str) -> list[str]:
    """Ids of models in the cache that begin so."""
    hub = sys.modules.get("huggingface_hub")
    if hub is None:
        return []
    try:
        folders = sorted(Path(hub.constants.HF_HUB_CACHE).iterdir())
    except OSError:  # there is no cache
        return []
    names = [path.name.removeprefix(_REPOSITORY) for path in folders if path.name.startswith(_REPOSITORY)]
    return [name for found in names if (name := found.replace("--", "/")).startswith(begun)]


def task_names() -> list[str]:
    """The tasks of transformers' pipelines."""
    if "transformers" not in sys.modules:
        return []
    from transformers.pipelines import PIPELINE_REGISTRY

    return PIPELINE_REGISTRY.get_supported_tasks()


def class_names() -> list[str]:
    """The model classes that transformers exports."""
    transformers = sys.modules.get("transformers")
    modules: dict[str, str] = getattr(
        transformers, "_class_to_module", {}
    )  # its own table; another version may lack it
    return sorted(name for name, module in modules.items() if ".modeling_" in module)
