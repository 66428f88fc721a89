"""What can be asked for, in a notebook and on the command line: verbs, their options, meanings and defaults.

Both sides build their parsers from this one description. Knows neither IPython nor the engine.
"""

from __future__ import annotations

from argparse import BooleanOptionalAction
from collections.abc import Iterable
from dataclasses import replace

from .grammar import Argument, Once, Verb, byte_size, listed

METADATA = ("lean", "full", "none")
VERIFY = ("model", "modules", "off")
STRATEGIES = ("fx", "htp", "usage_based")

# ---- what a verb is about ----

_TAKES = "a tensor, a tuple (positional), a dict (keywords) or (tuple, dict)"
_OBJECT = "MODULE:NAME"
MODEL = Argument(
    ("model",),
    "The torch.nn.Module: a variable's name or an expression. An expression with spaces needs quotes.",
    "model",
)
INPUTS = Argument(("inputs",), f"What its forward takes: {_TAKES}.", "inputs")
FILE = Argument(("file",), "The ONNX file. ~ and {name} are expanded.", "file")
_SHELL_MODEL = Argument(
    ("model",),
    "The torch.nn.Module as module:name, where the name is a module, its class, a function that returns it or a pair "
    "of model and inputs; or a Hugging Face folder or id, which AutoModel loads.",
    keywords={"metavar": "MODEL"},
)
_SHELL_INPUTS = Argument(
    ("--inputs",),
    f"What its forward takes as module:name, where the name is {_TAKES}, or a function that returns one. Without it, "
    "what comes with the model, else the dummy inputs of a Hugging Face model.",
    keywords={"metavar": _OBJECT},
)
_SHELL_FILE = Argument(("file",), "The ONNX file.", keywords={"metavar": "FILE"})


def _optional(spec: Argument) -> Argument:
    return replace(spec, keywords={**spec.keywords, "nargs": "?"})


# ---- how it goes about it ----

OUTPUT = Argument(
    ("-o", "--output"),
    "The file to write. Without it, in a notebook a temporary one that lives as long as the kernel; on the command "
    "line CLASS.onnx in this folder, if there is none yet.",
    "file",
    keywords={"metavar": "PATH"},
)
STRATEGY = Argument(
    ("-s", "--strategy"),
    f"How nodes are attributed to modules: {', '.join(STRATEGIES)}, one of a plug-in, or auto, which chooses.",
    "strategy",
    "auto",
    {"metavar": "NAME", "action": Once},
)
CAPTURE = Argument(
    ("--capture",),
    "How the graph is made: OnnxExporter, torch.onnx, torchscript, or auto, which chooses.",
    "capture",
    "auto",
    {"metavar": "NAME", "action": Once},
)
OPSET = Argument(
    ("--opset",), "The ONNX opset. Without it, the exporter's own.", keywords={"metavar": "N", "type": int}
)
METADATA_LEVEL = Argument(
    ("--metadata",),
    "How much of the attribution the file carries: lean, full (torch's own metadata too) or none.",
    "metadata",
    "lean",
    {"metavar": "LEVEL"},
)
DYNAMIC = Argument(
    ("--dynamic",),
    "Which sizes may vary, as torch.export takes it: an expression in a notebook, a literal or module:name on the "
    "command line. Without it, none.",
    "expression",
    keywords={"metavar": "EXPR"},
)
VERIFY_LEVEL = Argument(
    ("--verify",),
    "What is compared with PyTorch: model (the outputs), modules (what every module call returned too) or off.",
    "verify",
    "model",
    {"metavar": "LEVEL"},
)
NO_VERIFY = Argument(
    ("--no-verify",),
    "The same as --verify off.",
    keywords={"action": "store_const", "const": "off", "dest": "verify"},
)
MEMORY_LIMIT = Argument(
    ("--memory-limit",),
    "Bytes of recorded values that may be held at once, such as 500MB; without it, 2GiB. "
    "Where a model's values are more, it runs several times.",
    keywords={"metavar": "SIZE", "type": byte_size},
)
PROGRESS = Argument(
    ("--progress",),
    "Show a bar that names the stage; on the command line only where that is a terminal.",
    default=True,
    keywords={"action": BooleanOptionalAction},
)
_SEVERAL = (
    Argument(
        ("-s", "--strategies"),
        "The strategies to compare, with commas between.",
        "strategies",
        STRATEGIES,
        {"metavar": "NAMES", "type": listed, "action": Once},
    ),
    Argument(
        ("--captures",),
        "The captures to compare, with commas between, each with every strategy.",
        "captures",
        ("auto",),
        {"metavar": "NAMES", "type": listed, "action": Once},
    ),
)
FOLDER = Argument(
    ("--folder",),
    "Where to keep the files of the exports. Without it, they go with the comparison.",
    "file",
    keywords={"metavar": "PATH"},
)
# On the command line every verb has these too.
JSON = Argument(("--json",), "Print JSON.", default=False, keywords={"action": "store_true"})
DEBUG = Argument(
    ("--debug",), "Show warnings, and the traceback of an error.", default=False, keywords={"action": "store_true"}
)

# ---- the verbs ----

EXPORT = Verb(
    "export",
    "Write a PyTorch model to ONNX, prove that the numbers agree, and tell which module made which node.",
    (
        *(OUTPUT, STRATEGY, CAPTURE, OPSET, METADATA_LEVEL, DYNAMIC),
        *(VERIFY_LEVEL, NO_VERIFY, MEMORY_LIMIT, PROGRESS),
    ),
    (_optional(MODEL), _optional(INPUTS)),  # a cell can assign them
    (_SHELL_MODEL, _SHELL_INPUTS),
)
COMPARE = Verb(
    "compare",
    "Lay exports beside each other, module by module, and show where they differ.",
    (
        *_SEVERAL,
        OPSET,
        DYNAMIC,
        replace(VERIFY_LEVEL, default="modules"),
        NO_VERIFY,
        MEMORY_LIMIT,
        FOLDER,
        PROGRESS,
    ),
    (
        Argument(
            ("what",),
            "Reports, numbers of the history and ONNX files; or a model and its inputs, to be exported with each "
            "strategy. Without it, what the cells above exported of the last model.",
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
        _SHELL_INPUTS,
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
        _SHELL_FILE,
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
    (OUTPUT, METADATA_LEVEL, VERIFY_LEVEL, NO_VERIFY, MEMORY_LIMIT, PROGRESS),
    (MODEL, INPUTS, FILE),
    (_SHELL_FILE, _SHELL_MODEL, _SHELL_INPUTS),
)
_CHECK = "Check a tagged file: the contract on disk, the measures and, given the model, the numbers."
_CHECK_OPTIONS = (VERIFY_LEVEL, NO_VERIFY, MEMORY_LIMIT, PROGRESS)
CHECK = Verb(
    "verify",
    _CHECK,
    _CHECK_OPTIONS,
    (
        Argument(("what",), "A report, its number in the history, or an ONNX file.", "exported"),
        _optional(MODEL),
        _optional(INPUTS),
    ),
)
VALIDATE = Verb(
    "validate",
    f"{_CHECK} Ends with status 1 when something is wrong.",
    _CHECK_OPTIONS,
    shell=(_SHELL_FILE, replace(_SHELL_MODEL, flags=("--model",)), _SHELL_INPUTS),
)
HISTORY = Verb(
    "history", "List what was exported in this kernel. `history[3]` of what it returns is the third report.", (), ()
)
ANALYZE = Verb(
    "analyze",
    "Tell of an ONNX file how much of it is attributed, on what evidence, how deep, and the operators of each module.",
    (),
    shell=(
        _SHELL_FILE,
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


def _by_name(verbs: Iterable[Verb]) -> dict[str, Verb]:
    return {verb.name: verb for verb in verbs}


VERBS = (EXPORT, COMPARE, OPEN, TAG, CHECK, VALIDATE, HISTORY, ANALYZE)
NOTEBOOK_VERBS = _by_name(verb for verb in VERBS if verb.notebook is not None)
SHELL_VERBS = _by_name(verb for verb in VERBS if verb.shell is not None)
