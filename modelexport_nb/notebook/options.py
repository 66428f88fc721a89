"""The grammar of `%modelexport`: names, meanings, kinds of values. Knows neither IPython nor the engine."""

from __future__ import annotations

from argparse import BooleanOptionalAction, Namespace
from dataclasses import dataclass, field, replace
from typing import Any

METADATA = ("lean", "full", "none")
VERIFY = ("model", "modules", "off")


@dataclass(frozen=True)
class Argument:
    """One argument. `keywords` are argparse's.

    `values` says what completes its value: `model`, `inputs`, `strategy`, `capture`, `metadata`, `verify`, `file` or
    `expression`; None where nothing can be foreseen.
    """

    flags: tuple[str, ...]
    help: str
    values: str | None = None
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def is_option(self) -> bool:
        return self.flags[0].startswith("-")

    @property
    def takes_value(self) -> bool:
        return self.is_option and "action" not in self.keywords

    @property
    def spellings(self) -> list[str]:
        """Every way to write an option, `--no-…` included."""
        negatable = self.keywords.get("action") is BooleanOptionalAction
        negated = [f"--no-{flag[2:]}" for flag in self.flags if negatable]
        return [*self.flags, *negated]


MODEL = Argument(
    ("model",),
    "The torch.nn.Module: a variable's name or an expression. An expression with spaces needs quotes.",
    "model",
)
INPUTS = Argument(
    ("inputs",),
    "What its forward takes: a tensor, a tuple (positional), a dict (keywords) or (tuple, dict).",
    "inputs",
)
ARGUMENTS = (
    # Optional, because a cell can assign them.
    replace(MODEL, keywords={"nargs": "?"}),
    replace(INPUTS, keywords={"nargs": "?"}),
    Argument(
        ("-o", "--output"),
        "The file to write. ~ and {name} are expanded. Without it, a temporary file that lives as long as the kernel.",
        "file",
        {"metavar": "PATH"},
    ),
    Argument(("-s", "--strategy"), "How nodes are attributed to modules.", "strategy", {"metavar": "NAME"}),
    Argument(
        ("--capture",),
        "How the graph is made: auto, OnnxExporter, torch.onnx or torchscript.",
        "capture",
        {"metavar": "NAME"},
    ),
    Argument(("--opset",), "The ONNX opset.", keywords={"metavar": "N", "type": int}),
    Argument(
        ("--metadata",),
        "How much of the attribution the file carries: lean, full (torch's own metadata too) or none.",
        "metadata",
        {"metavar": "LEVEL"},
    ),
    Argument(
        ("--dynamic-shapes",),
        "An expression for dynamic_shapes, as torch.export takes it.",
        "expression",
        {"metavar": "EXPR"},
    ),
    Argument(
        ("--verify",),
        "What is compared with PyTorch: model (the outputs), modules (what every module call returned too) or off.",
        "verify",
        {"metavar": "LEVEL"},
    ),
    Argument(
        ("--no-verify",),
        "The same as --verify off.",
        keywords={"action": "store_const", "const": "off", "dest": "verify"},
    ),
    Argument(
        ("--progress",),
        "Show a bar that names the stage.",
        keywords={"action": BooleanOptionalAction},
    ),
)


def options(*flags: str) -> tuple[Argument, ...]:
    """These options of an export, for a verb that takes them too."""
    return tuple(spec for spec in ARGUMENTS if not set(flags).isdisjoint(spec.flags))


def unquoted(text: str) -> str:
    """`text` without the one pair of quotes around it: a magic's line keeps them."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def tidy(options: Namespace) -> Namespace:
    """The same options, each text without its pair of quotes."""
    return Namespace(
        **{name: unquoted(value) if isinstance(value, str) else value for name, value in vars(options).items()}
    )
