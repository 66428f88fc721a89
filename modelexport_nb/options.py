"""The arguments that verbs share: what they are about, and how they go about it."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from dataclasses import replace

from .grammar import Argument, Once, byte_size, listed, numbers, seconds, shape, whole

METADATA = ("lean", "full", "none")
VERIFY = ("model", "modules", "off")
STRATEGIES = ("fx", "htp", "usage_based")
WHICH_WEIGHTS = ("all", "none")
RETRY_WHICH = ("changed", "failed", "all")

# ---- what a verb is about ----

_TAKES = "a tensor, a tuple (positional), a dict (keywords) or (tuple, dict)"
_NONE = "Without it some are made, of the tokenizer or processor of a named model where it has one, and shown"
_OBJECT = "MODULE:NAME"
MODEL = Argument(
    ("model",),
    "The torch.nn.Module: a variable's name or an expression; or a model of Hugging Face: a folder or an id. An "
    "expression with spaces needs quotes.",
    "model",
)
INPUTS = Argument(("inputs",), f"What its forward takes: {_TAKES}. {_NONE}.", "inputs", keywords={"nargs": "?"})
FILE = Argument(("file",), "The ONNX file. ~ and {name} are expanded.", "file")
SHELL_MODEL = Argument(
    ("model",),
    "The torch.nn.Module as module:name, where the name is a module, its class, a function that returns it or a pair "
    "of model and inputs; or a model of Hugging Face: a folder or an id.",
    keywords={"metavar": "MODEL"},
)
SHELL_INPUTS = Argument(
    ("--inputs",),
    f"What its forward takes as module:name, where the name is {_TAKES}, or a function that returns one. Without it, "
    f"what comes with the model. {_NONE}.",
    keywords={"metavar": _OBJECT},
)
SHELL_FILE = Argument(("file",), "The ONNX file.", keywords={"metavar": "FILE"})


def optional(spec: Argument) -> Argument:
    """The same, and it need not be there."""
    return replace(spec, keywords={**spec.keywords, "nargs": "?"})


# ---- how a named model is loaded, and what its inputs are made of ----

TASK = Argument(
    ("--task",),
    "What the model of that name is for: a task of transformers' pipelines such as fill-mask, or an Auto class. "
    "Without it, AutoModel.",
    "task",
    keywords={"metavar": "NAME", "action": Once},
)
CLASS = Argument(
    ("--class",),
    "The class of transformers that loads the model of that name.",
    "class",
    keywords={"metavar": "NAME", "action": Once, "dest": "class_name"},
)
TRUST = Argument(
    ("--trust-remote-code",),
    "Run code that comes with the model of that name. Read it first.",
    keywords={"action": "store_const", "const": True},
)
SHAPE = Argument(
    ("--shape",),
    "The shape of an input that is made, such as input_ids=1,128. Once for each input; the others are made to fit.",
    keywords={"metavar": "INPUT=SIZES", "action": "append", "type": shape},
)
TEXT = Argument(("--text",), "The text that inputs are made of.", keywords={"metavar": "TEXT", "action": Once})
BATCH = Argument(
    ("--batch",),
    "How many examples are made. Without it one, or two where sizes may vary.",
    keywords={"metavar": "N", "type": int, "action": Once},
)
MAKING = (TASK, CLASS, TRUST, SHAPE, TEXT, BATCH)

# ---- how it goes about it ----

GENERATION = Argument(
    ("--generation",),
    "Write a model that generates as the files that decoding takes (prefill.onnx, decode.onnx, encoders), and prove "
    "them together: generate() must find the same tokens with them. -o names a folder then, and a model by name is "
    "loaded as the class it was saved as.",
    default=False,
    keywords={"action": "store_const", "const": True},
)

OUTPUT = Argument(
    ("-o", "--output"),
    "The file to write. Without it, in a notebook a temporary one that lives as long as the kernel; on the command "
    "line CLASS.onnx in this folder, if there is none yet.",
    "file",
    keywords={"metavar": "PATH"},
)
BUNDLE = Argument(
    ("--bundle",),
    "Write model.onnx to this folder, with the model's config and its tokenizer or processor, so that the folder runs "
    "alone. In place of -o.",
    "file",
    keywords={"metavar": "FOLDER"},
)
STRATEGY = Argument(
    ("-s", "--strategy"),
    f"How nodes are attributed to modules: {', '.join(STRATEGIES)}, one of a plug-in, or auto, which chooses.",
    "strategy",
    "auto",
    {"metavar": "NAME", "action": Once},
)
STRATEGIES_LIST = Argument(
    ("-s", "--strategies"),
    "The strategies to compare, with commas between.",
    "strategies",
    STRATEGIES,
    {"metavar": "NAMES", "type": listed, "action": Once},
)
CAPTURE = Argument(
    ("--capture",),
    "How the graph is made: OnnxExporter, torch.onnx, repaired, strict, torchscript, or auto, which tries in turn.",
    "capture",
    "auto",
    {"metavar": "NAME", "action": Once},
)
CAPTURES_LIST = Argument(
    ("--captures",),
    "The captures to compare, with commas between, each with every strategy.",
    "captures",
    ("auto",),
    {"metavar": "NAMES", "type": listed, "action": Once},
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
    "Which sizes may vary: names of axes such as batch,sequence; auto for all that can; or as torch.export takes it, "
    "an expression in a notebook, a literal or module:name on the command line. Without it, none.",
    "dynamic",
    keywords={"metavar": "AXES"},
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
WEIGHTS = Argument(
    ("--weights",),
    "Which weights the file holds: all, or none, which is the structure alone; of a named model only the config is "
    "read then.",
    "weights",
    "all",
    {"metavar": "WHICH", "action": Once},
)
VALUES_LIMIT = Argument(
    ("--values-limit",),
    "Bytes of the graph's values that may be held at once, such as 500MB; without it, 512MiB. "
    "Where they are more, the graph runs in segments.",
    keywords={"metavar": "SIZE", "type": byte_size},
)
TIMEOUT = Argument(
    ("--timeout",),
    "Seconds after which the work is ended. It runs in a process of its own then.",
    keywords={"metavar": "SECONDS", "type": seconds},
)
MEMORY_LIMIT = Argument(
    ("--memory-limit",),
    "Bytes that the work may take beside the loaded model, such as 4GB. It runs in a process of its own then.",
    keywords={"metavar": "SIZE", "type": byte_size},
)
ISOLATE = Argument(
    ("--isolate",),
    "Work in a process of its own: what hangs or crashes there ends as an error here.",
    default=False,
    keywords={"action": "store_const", "const": True},
)
LIMITS = tuple(spec.name for spec in (TIMEOUT, MEMORY_LIMIT, VALUES_LIMIT, ISOLATE))
WORK_DIR = Argument(
    ("--work-dir",),
    "A folder where finished stages are kept and taken up again. It is made where there is none.",
    "file",
    keywords={"metavar": "FOLDER"},
)
FOLDER = Argument(
    ("--folder",),
    "Where to keep the files of the exports. Without it, they go with the comparison.",
    "file",
    keywords={"metavar": "PATH"},
)
PROGRESS = Argument(
    ("--progress",),
    "Show a bar that names the stage; on the command line only where that is a terminal.",
    default=True,
    keywords={"action": BooleanOptionalAction},
)

# ---- what is swept, and where it goes: the plan has all that too, and a line wins over it ----

_PLANNED = "Without it, as the plan says"
SWEEP_AXES = (
    replace(STRATEGIES_LIST, help=f"The strategies, with commas between. {_PLANNED}, else auto.", default=None),
    replace(CAPTURES_LIST, help=f"The captures, with commas between. {_PLANNED}, else auto.", default=None),
    Argument(
        ("--opsets",),
        f"The ONNX opsets, with commas between, such as 18,20. {_PLANNED}, else the exporter's own.",
        keywords={"metavar": "NUMBERS", "type": numbers, "action": Once},
    ),
)
SWEEP_DYNAMIC = replace(DYNAMIC, help=DYNAMIC.help.replace("Without it, none", f"{_PLANNED}, else none"))
SWEEP_VERIFY = replace(VERIFY_LEVEL, help=f"{VERIFY_LEVEL.help} {_PLANNED}, else model.", default=None)
SWEEP_LIMITS = (
    replace(TIMEOUT, help=f"Seconds after which a job is ended. {_PLANNED}, else never."),
    replace(MEMORY_LIMIT, help=f"Bytes that a job may take beside its model, such as 4GB. {_PLANNED}, else no limit."),
    Argument(
        ("--workers",),
        f"How many jobs run at once. {_PLANNED}, else one for each core, on a cluster for each of its threads.",
        keywords={"metavar": "N", "type": whole},
    ),
)
STORE = Argument(
    ("--store",),
    "The file that keeps the results: what is in it and did not change does not run again. Without it, as the plan "
    "says, else with its name and .db; where there is no plan, sweep.db.",
    "file",
    keywords={"metavar": "PATH"},
)
ARTIFACTS = Argument(
    ("--artifacts",),
    f"Where the files of the exports go: a folder, or a URL that fsspec knows. {_PLANNED}, else beside the store.",
    "file",
    keywords={"metavar": "PLACE"},
)
SCHEDULER = Argument(
    ("--scheduler",),
    f"The Dask scheduler whose workers do the jobs, such as tcp://10.0.0.1:8786. {_PLANNED}, else this machine.",
    keywords={"metavar": "ADDRESS"},
)
RETRY = Argument(
    ("--retry",),
    "What runs although it is in the store: changed (what is made from something else by now), failed (also what "
    "failed) or all.",
    "retry",
    "changed",
    {"metavar": "WHICH", "action": Once},
)
# On the command line every verb has these too.
JSON = Argument(("--json",), "Print JSON.", default=False, keywords={"action": "store_true"})
DEBUG = Argument(
    ("--debug",), "Show warnings, and the traceback of an error.", default=False, keywords={"action": "store_true"}
)
