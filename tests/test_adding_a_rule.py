"""Adding a rule takes a Python file, a YAML file and an oracle: no other file names rules one by one.

Lists of files are generated from what a rule declares (``ABOUT``, see optbench/spec/about.py), or by its YAML file.
"""

import re
import sys
from fnmatch import fnmatch
from functools import cache

import pytest

from optbench.lab.certificates.cases import list_cases
from optbench.lab.certificates.docstrings import describe_rule
from optbench.lab.certificates.measure import cross_check
from optbench.lab.certificates.page import render_page
from optbench.lab.rules import about_rule, known_rules
from tests import rules_table
from tests.conftest import CONF, ROOT

OWN = ("conf/optimizer/*", "optbench/optimizers/*", "tests/optimizers/rules/*")  # the three files of a rule
MANY = 5  # rules that a file may not name without a reason
REASONS = {
    "docs/command-line.md": "examples of commands",
    "docs/published-problems.md": "what was published of some rules, and measured",
    "docs/showdown.md": "what was found of some rules, and a command",
    "docs/speed.md": "measured numbers of some rules",
    "docs/optimizers.md": "has the table that `make table` writes",
    "CHANGELOG.md": "tells what was added",
    "reports/*": "kept pages and numbers, which commands write",
    "docs/ci.md": "which mutants of which rules the gate missed",
    "tests/baselines/*": "accepted numbers, which `python -m optbench.regression` writes",
    "tests/*.json": "kept numbers",
    "conf/experiment/*.yaml": "the rules that an experiment sweeps over; a new one is added on the command line",
    "conf/hydra/help/optbench.yaml": "examples of commands",
    "optbench/lab/certificates/group_settings.py": "settings with parameter groups, of some rules",
    "tests/benchmarks/test_report.py": "a study of some rules",
    "tests/benchmarks/test_sweep.py": "a study of some rules",
    "tests/cli/test_command_line.py": "examples of commands",
    "tests/cli/test_crosscheck.py": "three rules that are compared here, and made-up comparisons",
    "tests/lab/gates/planted_elsewhere.py": "changes planted in rules of each kind",
    "tests/lab/certificates/test_docstrings.py": "an example of each form of a docstring",
    "tests/keras/rounding.py": "measured numbers, which `python -m tests.keras.rounding` prints",
    "tests/optimizers/test_overflow.py": "rules whose step does not depend on the size of gradients",
    "tests/optimizers/test_groups.py": "a rule of each kind in groups",
    "tests/optimizers/test_keras.py": "names of Keras's classes, and exceptions with their reasons",
    "tests/report/*": "made-up results of some rules",
    "tests/sweep/test_memory.py": "a study of some rules",
    "tests/test_rules_table.py": "the years of some papers, as a check",
    "tests/training/test_loop.py": "a rule of each kind in the loop",
}


def files_of_the_repository():
    """The text files that may name rules, as paths from the root."""
    folders = ("conf", "docs", "hydra_plugins", "optbench", "reports", "tests")
    suffixes = {".py", ".yaml", ".md", ".json", ".html", ".j2", ".js", ".toml"}
    inside = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes]
    files = [*inside, *ROOT.glob("*.*"), ROOT / "Makefile"]
    return [path.relative_to(ROOT).as_posix() for path in files if path.is_file()]


@cache
def files_that_name_many():
    """The files that name many rules."""
    word = re.compile(rf"\b({'|'.join(known_rules())})\b")
    texts = {file: (ROOT / file).read_text(encoding="utf8", errors="replace") for file in files_of_the_repository()}
    return [file for file, text in texts.items() if len(set(word.findall(text))) >= MANY]


def test_only_files_with_a_reason_name_many_rules():
    named = files_that_name_many()
    without = [file for file in named if not any(fnmatch(file, pattern) for pattern in (*OWN, *REASONS))]
    assert without == [], "let the rule declare it (optbench/spec/about.py), or give a reason in REASONS"


def test_every_reason_is_needed():
    named = files_that_name_many()
    assert [pattern for pattern in REASONS if not any(fnmatch(file, pattern) for file in named)] == []


@pytest.fixture
def added(tmp_path, monkeypatch):
    """A rule that was added with a Python file and a YAML file: momentum under another name."""
    (tmp_path / "optimizer").mkdir()
    for name in known_rules():
        text = (CONF / "optimizer" / f"{name}.yaml").read_text(encoding="utf8")
        (tmp_path / "optimizer" / f"{name}.yaml").write_text(text, encoding="utf8")
    code = (ROOT / "optbench" / "optimizers" / "momentum.py").read_text(encoding="utf8")
    (tmp_path / "added_rule.py").write_text(code.replace("def momentum(", "def added_rule("), encoding="utf8")
    text = (CONF / "optimizer" / "momentum.yaml").read_text(encoding="utf8")
    text = text.replace("optbench.optimizers.momentum.momentum", "added_rule.added_rule")
    (tmp_path / "optimizer" / "added_rule.yaml").write_text(text, encoding="utf8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("optbench.config.items.conf_dir", lambda: tmp_path)
    yield "added_rule"
    sys.modules.pop("added_rule", None)


def test_an_added_rule_is_in_the_table_and_among_the_certificates(added):
    row = next(line for line in rules_table.table().splitlines() if line.startswith(f"| `{added}` |"))
    assert row == f"| `{added}` | {about_rule('momentum').words} | Polyak | 1964 | 1 | – | – |"
    assert describe_rule(added) == describe_rule("momentum")
    cases = [(case.key[1:], case.ours, case.theirs) for case in list_cases([added])]
    assert cases == [(case.key[1:], case.ours, case.theirs) for case in list_cases(["momentum"])]
    assert "same as Keras" in render_page([added], cross_check([added], 3, sys.executable))
