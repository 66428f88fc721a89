"""One grammar: a verb has the same options, helps and defaults in a notebook and on the command line."""

import inspect
from argparse import SUPPRESS, ArgumentTypeError
from pathlib import Path

import pytest

from modelexport_nb import cli, compare, export_model, sweep, tag_onnx
from modelexport_nb.engine.capture import known_captures
from modelexport_nb.engine.metadata import METADATA_CHOICES
from modelexport_nb.engine.sweeps.run import RETRY
from modelexport_nb.engine.validation import validate
from modelexport_nb.engine.verification import VERIFY_CHOICES
from modelexport_nb.engine.weightless import WEIGHTS_CHOICES
from modelexport_nb.grammar import byte_size, listed, numbers, seconds, shape, whole
from modelexport_nb.notebook.line import parser_of
from modelexport_nb.notebook.settings import ModelExport
from modelexport_nb.options import CAPTURE, METADATA, RETRY_WHICH, VERIFY, WHICH_WEIGHTS
from modelexport_nb.verbs import CHECK, NOTEBOOK_VERBS, SHELL_VERBS, VALIDATE, VERBS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PAIRS = [(name, verb, SHELL_VERBS[name]) for name, verb in NOTEBOOK_VERBS.items() if name in SHELL_VERBS]
PAIRS.append(("verify", CHECK, VALIDATE))  # one thing; on the command line under the name that such tools have
APIS = {"export": export_model, "compare": compare, "sweep": sweep, "tag": tag_onnx, "verify": validate}
# A bar is for people; the store of a plan is called like the plan.
OWN = ("progress", "store")


def options_of(parser, names):
    """What argparse itself knows of the options of these names."""
    return {
        action.option_strings[-1]: (action.option_strings, action.help, action.metavar, action.nargs, action.type)
        for action in parser._actions
        if action.dest in names and action.option_strings
    }


def test_both_sides_have_the_verbs_they_should():
    assert list(NOTEBOOK_VERBS) == ["export", "compare", "sweep", "open", "tag", "verify", "history"]
    assert list(SHELL_VERBS) == ["export", "compare", "sweep", "open", "tag", "validate", "analyze"]


@pytest.mark.parametrize(("name", "notebook", "shell"), PAIRS, ids=[name for name, *_ in PAIRS])
def test_shared_options_are_the_same_on_both_sides(name, notebook, shell):
    names = {spec.name for spec in notebook.options}
    here = options_of(parser_of(notebook), names)
    there = options_of(cli.make_parser()[1][shell.name], names)
    if name == "open":  # a page is only written by the command line
        assert here == {}
        return
    assert here == there and here
    assert {name: notebook.default(name) for name in names} == {name: shell.default(name) for name in names}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_summaries_are_shown_on_both_sides(verb):
    if verb.notebook is not None:
        assert parser_of(verb).description == verb.summary
    if verb.shell is not None:
        assert cli.make_parser()[1][verb.name].description == verb.summary


@pytest.mark.parametrize(("name", "verb", "_"), PAIRS, ids=[name for name, *_ in PAIRS])
def test_defaults_are_those_of_the_engine(name, verb, _):
    if name == "open":
        return
    defaults = {key: p.default for key, p in inspect.signature(APIS[name]).parameters.items()}
    for spec in verb.options:
        if defaults.get(spec.name, inspect.Parameter.empty) is not inspect.Parameter.empty and spec.name not in OWN:
            told = spec.default if spec.flags != ("--no-verify",) else verb.default("verify")
            assert told == defaults[spec.name], spec.flags


def test_config_has_the_defaults_and_helps_of_the_grammar():
    for name, trait in ModelExport.class_own_traits(config=True).items():
        spec = next(spec for spec in NOTEBOOK_VERBS["export"].options if spec.name == name)
        assert trait.default() == spec.default
        assert trait.help == spec.help


def test_choices_are_those_of_the_engine():
    assert METADATA == METADATA_CHOICES
    assert VERIFY == VERIFY_CHOICES
    assert WHICH_WEIGHTS == WEIGHTS_CHOICES
    assert RETRY_WHICH == RETRY
    assert all(name in CAPTURE.help for name in known_captures())


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_reads_well(verb):
    specs = [*verb.options, *(verb.notebook or ()), *(verb.shell or ())]
    assert verb.summary[0].isupper() and verb.summary.endswith(".")
    for spec in specs:
        assert spec.help is not SUPPRESS and spec.help[0].isupper() and spec.help.endswith("."), spec.flags
        assert ". ." not in spec.text and ".." not in spec.text


def test_no_verb_has_an_option_twice():
    for verb in VERBS:
        for specs in (verb.notebook, verb.shell):
            spellings = [text for spec in (*(specs or ()), *verb.options) for text in spec.spellings]
            assert len(spellings) == len(set(spellings)), verb.name


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_is_in_the_readme(verb):
    if verb.notebook is not None and verb.name != "export":
        assert f"%modelexport {verb.name}" in README
    if verb.shell is not None:
        assert f"modelexport {verb.name} " in README


# ---- values ----


@pytest.mark.parametrize(("text", "names"), [("fx", ("fx",)), ("fx,htp", ("fx", "htp")), ("'fx, htp'", ("fx", "htp"))])
def test_lists_of_names(text, names):
    assert listed(text) == names


@pytest.mark.parametrize("text", ["", ",", "fx,", "fx,,htp"])
def test_no_list_of_names(text):
    with pytest.raises(ArgumentTypeError, match="Put commas between them"):
        listed(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("input_ids=1,128", ("input_ids", (1, 128))), ("'x = 1, 2'", ("x", (1, 2))), ("x=3", ("x", (3,)))],
)
def test_shapes(text, expected):
    assert shape(text) == expected


@pytest.mark.parametrize("text", ["x", "x=", "=1,2", "x=1,-2", "x=1,b", "x=(1,2)"])
def test_no_shape(text):
    with pytest.raises(ArgumentTypeError, match="as in input_ids=1,128"):
        shape(text)


def test_times():
    assert seconds("1.5") == 1.5
    for text in ("", "soon", "0", "-1", "inf", "nan"):
        with pytest.raises(ArgumentTypeError, match="no time"):
            seconds(text)


def test_sizes():
    assert byte_size("1.5 GiB") == 3 * 2**29
    with pytest.raises(ArgumentTypeError, match="no size"):
        byte_size("much")


def test_whole_numbers():
    assert whole(" 4 ") == 4 and numbers("18, 20") == (18, 20)
    for text in ("", "0", "-1", "1.5", "²", "four"):
        with pytest.raises(ArgumentTypeError, match="no whole number from 1"):
            whole(text)
    with pytest.raises(ArgumentTypeError, match="Put commas between them"):
        numbers("18,")
