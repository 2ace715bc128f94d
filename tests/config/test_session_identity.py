"""The identity of session objects: everything that can change what they compute, and nothing else."""

import functools
import gc
import inspect
import linecache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from optbench.config.build import check, make
from optbench.config.session_identity import identify_object, register_identified
from optbench.config.session_objects import SESSION, is_session_path, register
from optbench.config.sources import Sources
from optbench.config.user_code import import_code
from optbench.errors import ConfigError

CELLS = iter(range(1000))


def cell(source, **names):
    """The names that a notebook's cell defines; its source can be read, and no module holds it."""
    file = f"<cell {next(CELLS)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names["__name__"] = "__main__"
    exec(compile(source, file, "exec"), names)
    return names


RULE = "def f(x, b=1):\n    def inner():\n        return x * SCALE + b\n    return inner()\n"
SAME = {
    "a docstring and a comment": RULE.replace(":\n", ':\n    """Scale."""  # here\n', 1),
    "annotations": RULE.replace("x, b=1", "x: float, b: int = 1"),
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME)
def test_what_changes_no_number_changes_no_identity(source):
    assert identify_object(cell(source, SCALE=2)["f"]) == identify_object(cell(RULE, SCALE=2)["f"])


def test_the_value_of_a_global_that_an_inner_function_reads_is_part_of_it():
    first = identify_object(cell(RULE, SCALE=2)["f"])
    assert first is not None
    assert identify_object(cell(RULE, SCALE=3)["f"]) != first
    assert identify_object(cell(RULE, SCALE=2, other=5)["f"]) == first


@pytest.mark.parametrize(
    ("source", "other"),
    [
        (RULE, RULE.replace("b=1", "b=2")),
        (RULE, RULE.replace("+ b", "- b")),
        ("def g():\n    return 1\ndef f():\n    return g()\n", "def g():\n    return 2\ndef f():\n    return g()\n"),
        ("class C:\n    a = 1\ndef f():\n    return C.a\n", "class C:\n    a = 2\ndef f():\n    return C.a\n"),
        ("f = lambda x: x + 1\n", "f = lambda x: x + 2\n"),
    ],
    ids=["default", "body", "helper", "class", "lambda"],
)
def test_what_changes_a_number_changes_the_identity(source, other):
    first, second = (identify_object(cell(text, SCALE=2)["f"]) for text in (source, other))
    assert None not in (first, second)
    assert first != second


def test_a_closure_is_part_of_it():
    make_rule = cell("def outer(scale):\n    def f(x):\n        return scale * x\n    return f\n")["outer"]
    assert identify_object(make_rule(1)) == identify_object(make_rule(1))
    assert identify_object(make_rule(1)) != identify_object(make_rule(2))
    assert identify_object(functools.partial(make_rule(1), 3)) != identify_object(functools.partial(make_rule(1), 4))


def test_functions_and_classes_that_refer_to_themselves_have_an_identity():
    source = "class S:\n    def m(self):\n        return S()\ndef f(n):\n    return f(n - 1) + S().m()\n"
    assert identify_object(cell(source)["f"]) == identify_object(cell(source)["f"]) is not None


class State(NamedTuple):
    """As rules have it."""

    step: object
    m: list = []  # noqa: RUF012


def test_a_named_tuple_has_an_identity():
    source = "from typing import NamedTuple\nclass State(NamedTuple):\n    step: object\n    m: int = {}\n"
    first, second = (identify_object(cell(source.format(default))["State"]) for default in (1, 2))
    assert None not in (first, second, identify_object(State))
    assert first != second


@pytest.mark.parametrize("value", [object(), iter([1]), np.array([object()])], ids=["object", "iterator", "array"])
def test_what_is_no_plain_data_has_no_identity(value):
    assert identify_object(value) is None
    assert identify_object(cell("def f():\n    return VALUE\n", VALUE=value)["f"]) is None


def test_without_source_there_is_no_identity():
    names = {"__name__": "__main__"}
    exec("def f():\n    return 1\n", names)
    assert identify_object(names["f"]) is None


def test_the_text_of_another_program_is_no_source(monkeypatch):
    """Python 3.13 keeps the text of ``python -c`` under the file name that each function of ``exec`` has, too."""
    program = "exec(open('rule.py').read())\n"
    monkeypatch.setitem(linecache.cache, "<string>", (len(program), None, [program], "<string>"))
    names = {"__name__": "__main__"}
    exec("def f():\n    return 1\n", names)
    assert inspect.getsource(names["f"]) == program
    assert identify_object(names["f"]) is None


def test_arrays_and_tables_are_identified_by_their_content():
    x, frame = np.arange(6.0).reshape(2, 3), pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert identify_object([x, frame]) == identify_object([x.copy(order="F"), frame.copy()]) is not None
    assert identify_object(x) != identify_object(x.reshape(3, 2))
    assert identify_object(x) != identify_object(x.astype(np.float32))
    assert identify_object(frame) != identify_object(frame.rename(columns={"a": "c"}))
    assert identify_object(frame) != identify_object(frame.assign(a=[1, 3]))


def test_a_registered_function_is_found_by_a_path_that_tells_its_content():
    f = cell("def my_rule(b: float = 0.5):\n    return b\n")["my_rule"]
    held = register_identified(f, "my_rule")
    assert held.path == f"{SESSION}.{identify_object(f)}.my_rule"
    assert is_session_path(held.path)
    assert make(check({"_target_": held.path, "b": 2}, "optimizer")) == 2.0
    assert import_code("loss.function", held.path) is f
    assert Sources().digest(held.path) == held.digest
    assert register_identified(f, "my_rule") is held


def test_what_cannot_be_identified_has_a_path_of_its_own_and_no_digest():
    first, second = register(print, "f", None), register(print, "f", None)
    assert first.path != second.path
    assert Sources().digest(first.path) is None


def test_the_register_keeps_nothing_alive():
    path = register([], "data", "0123").path
    gc.collect()
    with pytest.raises(ConfigError, match=r"^`data` lives only in the Python session that defined it\. Define it in"):
        import_code("dataset.load", path)
