"""Kind replies to what a learner writes: `check` and `check_module` compare an answer with what was measured.

Nothing here knows an answer: the notebook hands over what it computed from a report, a file or a model. An answer is
only compared, never run, and the reply is plain text.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from numbers import Real
from typing import Any

from modelexport_nb import ExportReport

PLACEHOLDER = "Write your answer in place of the dots and run the cell again."
LONGEST = 60  # characters of an answer that a reply repeats


@dataclass(frozen=True, repr=False)
class Reply:
    """What the learner reads; `right` for those who count."""

    right: bool
    text: str

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗'} {self.text}"


def check(
    answer: Any, expected: Any, *, hints: Mapping[Any, str] | None = None, within: float = 0, because: str = ""
) -> Reply:
    """Compare an answer with what was computed.

    Args:
        answer: what the learner wrote; a list or a tuple will do for a set.
        expected: a number, a bool, a text or a set of texts, computed from a report or a file.
        hints: what to reply to a typical wrong answer, or to a member of a set that does not belong.
        within: how far a number may be off, in its own unit.
        because: one sentence that follows a right answer.
    """
    if answer is ... or answer is None:
        return Reply(False, PLACEHOLDER)
    answer, expected = _plain(answer), _plain(expected)
    if callable(answer):
        return Reply(False, "That is a function, not its result: call it with ().")
    if isinstance(expected, Set):
        wrong = _members(answer, expected, hints or {})
    elif isinstance(expected, bool):
        wrong = _truth(answer, expected)
    elif isinstance(expected, Real):
        wrong = _number(answer, expected, within)
    else:
        wrong = _text(answer, expected)
    if wrong is None:
        return Reply(True, f"Right. {because}".strip())
    return Reply(False, _hint(answer, hints or {}) or wrong)


def check_module(
    answer: Any, expected: str, report: ExportReport, *, hints: Mapping[str, str] | None = None, because: str = ""
) -> Reply:
    """Compare the key of a module call (`path` or `path#n`, `""` for the root) with the expected one.

    A wrong one is told how it lies to the right one: around it, inside it, a sister, of another branch.
    """
    if answer is ... or answer is None:
        return Reply(False, PLACEHOLDER)
    rows = {row.key: row for row in report.tree}
    example = next((key for key in rows if key), "")
    if not isinstance(answer, str):
        return Reply(False, f'The path of a module is asked for, as text: "{example}", for example.')
    key = answer.strip().strip(".")
    key = "" if key.lower() in ("root", "the root", "(root)", report.model_class.lower()) else key
    if key == expected:
        return Reply(True, f"Right. {because}".strip())
    if hints and key in hints:
        return Reply(False, hints[key])
    if key in rows:
        return Reply(False, _relation(key, expected, rows[key].class_name == rows[expected].class_name))
    if key in {row.class_name for row in rows.values()}:
        return Reply(False, f"{key} is a class, and several modules may be of one. Write the path of one of them.")
    close = difflib.get_close_matches(key, rows, n=1)
    meant = f' Did you mean "{close[0]}"?' if close else f' A path looks like "{example}".'
    return Reply(False, f'The model has no module "{_short(key)}".{meant}')


def _relation(key: str, expected: str, same_class: bool) -> str:
    """How a wrong module lies to the right one."""
    if key == "" or expected.startswith(f"{key}."):
        return "The right branch of the tree, but the answer is further inside."
    if expected == "" or key.startswith(f"{expected}."):
        return "The right branch of the tree, but too far inside: the answer is a module around this one."
    if key.rpartition(".")[0] == expected.rpartition(".")[0]:
        return "Very near: the answer is a sister of this module."
    return "The right kind of module, in another place." if same_class else "Another branch of the tree."


def _plain(answer: Any) -> Any:
    """The number in an array, a tensor or a table of one element; anything else as it is."""
    try:
        return answer.item()
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return answer


def _hint(answer: Any, hints: Mapping[Any, str]) -> str | None:
    """The hint for this very answer; a number is not a truth value, though Python says that 1 == True."""
    answer = answer.strip() if isinstance(answer, str) else answer
    if not isinstance(answer, str | Real):
        return None
    return next((hint for wrong, hint in hints.items() if type(wrong) is type(answer) and wrong == answer), None)


def _number(answer: Any, expected: Real, within: float) -> str | None:
    if isinstance(answer, str):
        return "A number is asked for: write it without quotation marks."
    if isinstance(answer, bool) or not isinstance(answer, Real) or answer != answer:
        return "A number is asked for."
    if abs(answer - expected) <= within:
        return None
    return f"Not quite: it is {'more' if answer < expected else 'less'} than {_short(answer)}."


def _truth(answer: Any, expected: bool) -> str | None:
    if not isinstance(answer, bool):
        return "Yes or no: write True or False."
    return None if answer is expected else "It is the other way round. Look at the outputs above and say why."


def _text(answer: Any, expected: str) -> str | None:
    if not isinstance(answer, str):
        return 'A text is asked for: write it in quotation marks, "so".'
    given, wanted = answer.strip().casefold(), expected.casefold()
    if given == wanted:
        return None
    if difflib.get_close_matches(given, [wanted], cutoff=0.8):
        return "Almost: look at the spelling."
    return f'Not "{_short(answer.strip())}". Look again at the outputs above.'


def _members(answer: Any, expected: Set[Any], hints: Mapping[Any, str]) -> str | None:
    if isinstance(answer, str | Real):
        answer = {answer}
    if not isinstance(answer, Set | list | tuple):
        return 'Several are asked for: write a set such as {"one", "another"}.'
    given = [one.strip() if isinstance(one, str) else one for one in answer]
    foreign = [one for one in given if one not in list(expected)]
    if foreign:
        return _hint(foreign[0], hints) or f"{_short(foreign[0])} does not belong. Look again at the outputs above."
    missing = sum(one not in given for one in expected)
    return f"Good so far, {missing} of {len(expected)} missing." if missing else None


def _short(value: Any) -> str:
    text = str(value) if isinstance(value, str | Real) else f"A {type(value).__name__}"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
