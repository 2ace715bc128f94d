"""The identity of code: everything that can change a number, and nothing else."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

from optbench.config.build import locate
from optbench.config.mathematics import MATHEMATICS, Mathematics, is_of_library
from optbench.config.parameters import TARGET
from optbench.config.sources import Sources
from optbench.lab.rules import known_rules, rule_node
from optbench.spec import about


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Digest of ``my_rule.rule`` with these files in place; modules of the user's are imported again each time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # which Python reuses for a file of the same second and size

    def digest(**files):
        for name, text in files.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        forget(tmp_path)
        try:
            return Sources().digest("my_rule.rule")
        finally:
            forget(tmp_path)

    return digest


def forget(folder):
    """Forget the modules that were imported from a folder."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "") or "").startswith(str(folder)):
            del sys.modules[name]
    importlib.invalidate_caches()


RULE = "def rule(x):\n    return 2 * x\n"
SAME = {
    "docstring and comment": '"""A rule."""\n\n# doubles\ndef rule(x):\n    """Double."""\n    return 2*x\n',
    "annotations": "def rule(x: float) -> float:\n    return 2 * x\n",
}
OTHER = {
    "a number": "def rule(x):\n    return 3 * x\n",
    "a default": "def rule(x, y=1):\n    return 2 * x\n",
    "a function beside it": RULE + "def more():\n    return 1\n",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_what_changes_no_number_changes_no_digest(own, text):
    assert own(my_rule=text) == own(my_rule=RULE)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_changes_a_number_changes_the_digest(own, text):
    assert own(my_rule=text) != own(my_rule=RULE)


DECLARED = "from optbench.spec.about import About\n{}\nABOUT = About('twice', floats={})\n"


@pytest.mark.parametrize("floats", [0, 1])
def test_what_a_rule_declares_of_itself_is_not_part_of_it(own, floats):
    assert own(my_rule=DECLARED.format(RULE, floats)) == own(my_rule=RULE)


@pytest.mark.parametrize(
    "text",
    [
        DECLARED.format("def rule(x):\n    return ABOUT.floats * x\n", "{}"),
        "ABOUT = {}\nclass A:\n    def f(self, x):\n        return ABOUT * x\ndef rule(x):\n    return A().f(x)\n",
    ],
)
def test_what_a_rule_reads_is_part_of_it_whatever_its_name(own, text):
    assert own(my_rule=text.format(1)) != own(my_rule=text.format(2))


@pytest.mark.parametrize("rule", known_rules())
def test_no_rule_of_ours_reads_its_declaration(rule):
    tree = ast.parse(Path(locate(rule_node(rule)[TARGET]).__code__.co_filename).read_text(encoding="utf8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == about.__name__]
    declaration = {"ABOUT", *(alias.name for node in imports for alias in node.names)}
    assert "About" in declaration
    mathematics = {node.id for node in ast.walk(Mathematics().visit(tree)) if isinstance(node, ast.Name)}
    assert mathematics.isdisjoint(declaration)


def test_the_text_of_an_error_is_not_part_of_it(own):
    rule = "def rule(x):\n    if x is None:\n        raise ValueError({!r})\n    return x\n"
    assert own(my_rule=rule.format("one")) == own(my_rule=rule.format("two"))


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("helper", "import helper\n"),
        ("helper", "from helper import f\n"),
        ("elsewhere/helper", "from elsewhere.helper import f\n"),
        ("helper", "def rule(x):\n    from helper import f\n    return f(x)\n"),
    ],
)
def test_a_helper_wherever_it_lies_is_part_of_it(own, name, statement):
    rule = statement if "def rule" in statement else f"{statement}{RULE}"
    first = own(my_rule=rule, **{name: "def f(x):\n    return x\n"})
    assert own(**{name: "def f(x):\n    return -x\n"}) != first


def test_what_a_package_imports_of_itself_is_part_of_it(own):
    files = {"my_rule": "from package import rule\n", "package/__init__": "from .impl import rule\n"}
    first = own(**files, **{"package/impl": RULE})
    assert own(**{"package/impl": OTHER["a number"]}) != first


def test_a_helper_of_a_helper_is_part_of_it(own):
    first = own(my_rule=f"import helper\n{RULE}", helper="from second import f\n", second="f = 1\n")
    assert own(second="f = 2\n") != first


VALUES = "import os\n{}\ndef rule(x):\n    return inner(x)\n"
READ = {
    "a global": "B = float(os.environ['B'])\ndef inner(x):\n    return B * x\n",
    "a global of a function inside it": (
        "from typing import Any\nP = list[Any]\nB = float(os.environ['B'])\n"
        "def inner(x):\n    def update(g: P) -> P:\n        return B * g\n    return update(x)\n"
    ),
    "a list": "B = [float(os.environ['B'])]\ndef inner(x):\n    return B[0] * x\n",
    "an array": "import numpy as np\nB = np.array(float(os.environ['B']))\ndef inner(x):\n    return B * x\n",
    "a closure": "def outer(b):\n    return lambda x: b * x\ninner = outer(float(os.environ['B']))\n",
    "a default": "B = float(os.environ['B'])\ndef inner(x, b=B):\n    return b * x\n",
    "a keyword's default": "def inner(x, *, b=float(os.environ['B'])):\n    return b * x\n",
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_a_value_that_a_function_reads_is_part_of_it(own, monkeypatch, text):
    found = []
    for value in ("0.9", "0.99", "0.9"):
        monkeypatch.setenv("B", value)
        found.append(own(my_rule=VALUES.format(text)))
    assert found[0] == found[2] != found[1]
    assert None not in found


@pytest.mark.parametrize("value", ["object()", "(i for i in range(3))", "[object()]"])
def test_what_depends_on_an_object_that_is_no_data_has_no_digest(own, value):
    assert own(my_rule=f"B = {value}\ndef rule(x):\n    return B\n") is None


def test_what_has_no_source_has_no_digest():
    assert Sources().digest("math.sqrt") is None
    assert Sources().digest("no_such_module.f") is None


@pytest.mark.parametrize("module", ["optbench.optimizers.adam", "optbench.datasets.iris", "optbench.models.lstm"])
def test_of_optbench_only_mathematics_counts(module):
    found = Sources()._closure(module)
    assert module in found
    assert {".".join(name.split(".")[:2]) for name in found} <= MATHEMATICS


def test_a_recursive_function_has_a_digest(own):
    assert own(my_rule="def rule(x):\n    return rule(x - 1) if x else 0\n") is not None


def test_a_module_whose_parent_cannot_be_imported_is_no_part_of_it(own):
    rule = "try:\n    import broken.inner\nexcept AssertionError:\n    pass\n" + RULE
    assert own(my_rule=rule, **{"broken/__init__": "assert False\n", "broken/inner": ""}) is not None


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages"])
def test_libraries_of_one_user_are_no_code_of_theirs(folder, tmp_path):
    assert is_of_library(tmp_path / folder / "library" / "code.py")
    assert not is_of_library(tmp_path / "code.py")
