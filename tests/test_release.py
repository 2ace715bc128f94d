"""The version stands in one place, and a release writes package, changelog and citation, or none of them."""

import ast
import json
import re
import shutil
import tomllib
from datetime import date

import pytest
import yaml

import optbench
from tests import release
from tests.conftest import ROOT

DAY = date(2027, 1, 2)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf8"))


@pytest.fixture
def project(tmp_path):
    """A copy of the files that a release writes."""
    (tmp_path / "optbench").mkdir()
    for name in ("optbench/__init__.py", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A rule.\n")
    return tmp_path


def test_the_version_stands_in_the_package_alone():
    assert release.version_of(ROOT) == optbench.__version__ == str(CITATION["version"])
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "optbench/__init__.py"


def test_a_release_is_written_and_its_tag_checked(project, capsys):
    assert release.main(["9.9.0"], project) == 0
    assert release.main(["v9.9.0", "--check"], project) == 0
    assert capsys.readouterr().out == "### Added\n\n- A rule.\n"
    changelog = (project / "CHANGELOG.md").read_text()
    assert re.findall(r"^## .*", changelog, re.MULTILINE)[0] == "## [Unreleased]"
    assert yaml.safe_load((project / "CITATION.cff").read_text())["version"] == "9.9.0"


@pytest.mark.parametrize(
    ("version", "said"), [("v1", "form 1.2.3"), ("1.2", "form 1.2.3"), ("9.9.0", "has 9.9.0 already")]
)
def test_a_version_that_cannot_be_released_is_refused_and_nothing_is_written(project, version, said, capsys):
    release.prepare(project, "9.9.0", DAY)
    before = {path: path.read_text() for path in project.rglob("*") if path.is_file()}
    assert release.main([version], project) == 1
    assert said in capsys.readouterr().err
    assert before == {path: path.read_text() for path in before}


def test_a_release_of_nothing_is_refused(project, capsys):
    release.prepare(project, "9.9.0", DAY)
    assert release.main(["9.9.1"], project) == 1
    assert "says nothing of 9.9.1" in capsys.readouterr().err


@pytest.mark.parametrize(("file", "old", "new"), [
    ("optbench/__init__.py", '"9.9.0"', '"9.9.1"'),
    ("CITATION.cff", "version: 9.9.0", "version: 9.9.1"),
    ("CHANGELOG.md", "[9.9.0]", "[9.9.1]"),
])  # fmt: skip
def test_a_tag_that_fits_not_all_is_refused(project, file, old, new):
    release.prepare(project, "9.9.0", DAY)
    (project / file).write_text((project / file).read_text().replace(old, new))
    assert release.main(["v9.9.0", "--check"], project) == 1


def test_the_citation_and_the_project_name_the_same_repository():
    assert CITATION["repository-code"] == PROJECT["project"]["urls"]["Homepage"]
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    date.fromisoformat(CITATION["date-released"])


def test_every_dependency_has_a_lower_bound():
    assert all(">=" in needed for needed in PROJECT["project"]["dependencies"]), (
        "make lowest would test a stone-age version"
    )


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.y*ml")), ids=lambda path: path.name)
def test_a_file_for_github_is_yaml(path):
    found = yaml.safe_load(path.read_text(encoding="utf8"))
    targets = re.findall(r"\bmake (?:PYTHON=python )?([a-z][\w-]*)", path.read_text(encoding="utf8"))
    assert found
    assert all(f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf8") for target in targets)


def test_the_release_workflow_publishes_without_a_password():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf8"))["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert "password" not in json.dumps(jobs)


def test_hooks_run_the_ruff_and_mypy_of_make_lint():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf8"))["repos"][0]["hooks"]
    assert [hook["entry"].split()[0] for hook in hooks] == [".venv/bin/ruff", ".venv/bin/ruff", ".venv/bin/mypy"]


MODULES = {"hydra-core": "hydra", "pyyaml": "yaml", "scikit-learn": "sklearn"}  # of distributions with another name


def test_the_package_imports_each_of_its_requirements_and_no_extra_at_once():
    """``pip install optbench`` brings what the package uses, and what an extra brings is imported where it is used."""
    required = {module_of(line) for line in PROJECT["project"]["dependencies"]}
    extras = {module_of(line) for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines}
    trees = [ast.parse(path.read_text(encoding="utf8")) for path in sorted((ROOT / "optbench").rglob("*.py"))]
    assert required <= set.union(*map(imported_in, trees))
    at_once = set.union(*(imported_in(tree, at_once=True) for tree in trees))
    assert at_once & (extras - required - {"optbench"}) <= {"pytest"}  # by the plugin, which pytest alone imports


def module_of(requirement):
    """The module that a distribution is imported as."""
    name = re.match(r"[\w-]+", requirement)[0]
    return MODULES.get(name, name.replace("-", "_"))


def imported_in(tree, at_once=False):
    """The libraries that a module imports; with ``at_once``, those at its top."""
    nodes = tree.body if at_once else ast.walk(tree)
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in (tree.body if at_once else ast.walk(tree)) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names if name}
