"""What can be asked for, in a notebook and on the command line: verbs, their options, meanings and defaults.

Both sides build their parsers from this one description. Knows neither IPython nor the engine.
"""

from __future__ import annotations

from argparse import BooleanOptionalAction
from collections.abc import Iterable
from dataclasses import replace

from .grammar import Argument, Verb
from .options import (
    ARTIFACTS,
    BUNDLE,
    CAPTURE,
    CAPTURES_LIST,
    DYNAMIC,
    FILE,
    FOLDER,
    GENERATION,
    INPUTS,
    ISOLATE,
    MAKING,
    MEMORY_LIMIT,
    METADATA_LEVEL,
    MODEL,
    NO_VERIFY,
    OPSET,
    OUTPUT,
    PROGRESS,
    RETRY,
    SCHEDULER,
    SHELL_FILE,
    SHELL_INPUTS,
    SHELL_MODEL,
    STORE,
    STRATEGIES_LIST,
    STRATEGY,
    SWEEP_AXES,
    SWEEP_DYNAMIC,
    SWEEP_LIMITS,
    SWEEP_VERIFY,
    TIMEOUT,
    VALUES_LIMIT,
    VERIFY_LEVEL,
    WEIGHTS,
    WORK_DIR,
    optional,
)

# ---- the verbs ----

EXPORT = Verb(
    "export",
    "Write a PyTorch model to ONNX, prove that the numbers agree, and tell which module made which node.",
    (
        *(OUTPUT, BUNDLE, GENERATION, STRATEGY, CAPTURE, OPSET, METADATA_LEVEL, DYNAMIC, VERIFY_LEVEL, NO_VERIFY),
        *MAKING,
        *(WEIGHTS, TIMEOUT, MEMORY_LIMIT, VALUES_LIMIT, ISOLATE, WORK_DIR, PROGRESS),
    ),
    (optional(MODEL), INPUTS),  # a cell can assign them
    (SHELL_MODEL, SHELL_INPUTS),
)
COMPARE = Verb(
    "compare",
    "Lay exports beside each other, module by module, and show where they differ.",
    (
        *(STRATEGIES_LIST, CAPTURES_LIST, OPSET, DYNAMIC, replace(VERIFY_LEVEL, default="modules"), NO_VERIFY),
        *MAKING,
        *(VALUES_LIMIT, FOLDER, PROGRESS),
    ),
    (
        Argument(
            ("what",),
            "Reports, numbers of the history and ONNX files; or a model, and its inputs where there are any, to be "
            "exported with each strategy. Without it, what the cells above exported of the last model.",
            "compared",
            keywords={"nargs": "*"},
        ),
    ),
    (
        Argument(
            ("what",),
            "Two ONNX files or more; or one model, as export takes it, to be exported with each strategy.",
            keywords={"nargs": "+", "metavar": "FILE"},
        ),
        SHELL_INPUTS,
        Argument(
            ("--times",),
            "Also show seconds and peak memory of a model's exports, which differ from run to run.",
            default=False,
            keywords={"action": "store_true"},
        ),
    ),
)
OPEN = Verb(
    "open",
    "Show any ONNX file with the module tree that it tells: our tags, torch's, its node names, or none.",
    (),
    (FILE,),
    (
        SHELL_FILE,
        Argument(
            ("-o", "--output"),
            "The HTML file to write, which needs nothing beside it. Without it, a temporary one.",
            keywords={"metavar": "PAGE"},
        ),
        Argument(("--browser",), "Open it in the browser.", default=True, keywords={"action": BooleanOptionalAction}),
    ),
)
TAG = Verb(
    "tag",
    "Find the module calls again in an ONNX file of the model, whoever exported or optimised it.",
    (
        *(OUTPUT, METADATA_LEVEL, VERIFY_LEVEL, NO_VERIFY),
        *MAKING,
        *(TIMEOUT, MEMORY_LIMIT, VALUES_LIMIT, ISOLATE, PROGRESS),
    ),
    (MODEL, INPUTS, FILE),
    (SHELL_FILE, SHELL_MODEL, SHELL_INPUTS),
)
_CHECK = "Check a tagged file: the contract on disk, the measures and, given the model, the numbers."
_CHECK_OPTIONS = (VERIFY_LEVEL, NO_VERIFY, *MAKING, VALUES_LIMIT, PROGRESS)
CHECK = Verb(
    "verify",
    _CHECK,
    _CHECK_OPTIONS,
    (
        Argument(("what",), "A report, its number in the history, or an ONNX file.", "exported"),
        optional(MODEL),
        INPUTS,
    ),
)
VALIDATE = Verb(
    "validate",
    f"{_CHECK} Ends with status 1 when something is wrong.",
    _CHECK_OPTIONS,
    shell=(SHELL_FILE, replace(SHELL_MODEL, flags=("--model",)), SHELL_INPUTS),
)
HISTORY = Verb(
    "history", "List what was exported in this kernel. `history[3]` of what it returns is the third report.", (), ()
)
ANALYZE = Verb(
    "analyze",
    "Tell of an ONNX file how much of it is attributed, on what evidence, how deep, and the operators of each module.",
    (),
    shell=(
        SHELL_FILE,
        Argument(
            ("--path",),
            "Only module calls whose path fits, such as 'encoder.layer.*.attention'; * stands for anything.",
            keywords={"metavar": "GLOB"},
        ),
        Argument(
            ("--tag",),
            "Only module calls whose tag fits, such as '*/SelfAttention'.",
            keywords={"metavar": "GLOB"},
        ),
        Argument(
            ("--csv",),
            "Print a table with commas, one line for each module call.",
            default=False,
            keywords={"action": "store_true"},
        ),
    ),
)
SWEEP = Verb(
    "sweep",
    "Export many models in many ways at once, on this machine or on a Dask cluster, and keep what comes of each.",
    (
        *SWEEP_AXES,
        *(SWEEP_DYNAMIC, SWEEP_VERIFY, NO_VERIFY),
        *SWEEP_LIMITS,
        *(STORE, ARTIFACTS, SCHEDULER, RETRY, PROGRESS),
    ),
    (
        Argument(
            ("what",),
            "A plan, which is a TOML file; or models, in a list or in a dict whose keys name the rows, each alone or "
            "as a pair of it and its inputs; or a list of jobs.",
            "sweep",
        ),
        Argument(
            ("--background",),
            "Come back at once and go on while other cells run; wait() of what is returned waits, cancel() stops it.",
            default=False,
            keywords={"action": "store_const", "const": True},
        ),
    ),
    (
        Argument(
            ("plan",),
            "The plan: a TOML file. The guide (docs/sweeps.md) tells what can stand in it.",
            keywords={"metavar": "PLAN"},
        ),
    ),
)


def _by_name(verbs: Iterable[Verb]) -> dict[str, Verb]:
    return {verb.name: verb for verb in verbs}


VERBS = (EXPORT, COMPARE, SWEEP, OPEN, TAG, CHECK, VALIDATE, HISTORY, ANALYZE)
NOTEBOOK_VERBS = _by_name(verb for verb in VERBS if verb.notebook is not None)
SHELL_VERBS = _by_name(verb for verb in VERBS if verb.shell is not None)
