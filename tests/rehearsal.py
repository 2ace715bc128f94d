"""A rehearsal of ``action.yml``: ``python -m tests.rehearsal`` (make rehearsal).

A bare repository stands for the server. It has a rule of a user on ``main``, and three branches: a mistake, a rewrite
that changes rounding at most, and another docstring. Each branch is cloned as a runner does it, and each step of the
action runs as it is written, in an environment of its own.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
ACTION = ROOT / "action.yml"
RULE = "my_package.rules.mine"
GIVEN = {"rule": RULE, "python-version": "", "install": f"--quiet --no-deps -e {ROOT} -e ."}
PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "my-package"
version = "1.0"
"""
CODE = '''\
"""A rule of one's own."""

from typing import NamedTuple

import tensorflow as tf

from optbench.optimizers.base import Optimizer, apply_equations, first_step, scalars, value_at, zeros


class MineState(NamedTuple):
    """A step counter and a velocity."""

    step: tf.Tensor
    v: list


def mine(learning_rate: float = 0.01, mu: float = 0.9) -> Optimizer:
    """Momentum."""

    def init(params):
        return MineState(first_step(), zeros(params))

    def update(grads, state, params):
        rate = value_at(learning_rate, state.step, params)
        (decay,) = scalars(params, mu)

        def equations(g, v):
            v = decay * v + g
            return -rate * v, v

        updates, v = apply_equations(equations, grads, params, state.v)
        return updates, MineState(state.step + 1, v)

    return Optimizer(init, update)
'''
BRANCHES = {  # text of the rule, what stands in its place, and whether the action must fail
    "mistake": ("v = decay * v + g", "v = decay * v + 1.02 * g", True),
    "rewritten": ("return -rate * v, v", "return -(v * rate), v", False),
    "commented": ('"""Momentum."""', '"""SGD with momentum."""', False),
}


class Step(NamedTuple):
    """A step of the action that runs a script."""

    name: str
    script: str
    variables: Mapping[str, str]


def steps_of_action(given: Mapping[str, str]) -> Iterator[Step]:
    """The steps that run for these inputs, with the inputs in their places."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf8"))
    values = {name: str(given.get(name, entry.get("default", ""))) for name, entry in action["inputs"].items()}
    for step in action["runs"]["steps"]:
        if condition_holds(step.get("if", ""), values) and "run" in step:
            variables = {name: fill(str(value), values) for name, value in step.get("env", {}).items()}
            yield Step(step.get("name", ""), step["run"], variables)


def condition_holds(condition: str, values: Mapping[str, str]) -> bool:
    """Whether a step runs: its condition compares an input with a text, or is empty."""
    found = re.fullmatch(r"inputs\.([\w-]+) (==|!=) '(.*)'", condition)
    return found is None or (values[found[1]] == found[3]) == (found[2] == "==")


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with the inputs in it."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], text)


def git(*arguments: str, at: Path) -> None:
    """Run git quietly, as somebody."""
    somebody = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *somebody, *arguments], cwd=at, check=True, capture_output=True)


def make_server(folder: Path) -> Path:
    """A bare repository with ``main`` and the branches."""
    server, work = folder / "server.git", folder / "work"
    git("init", "--bare", str(server), at=folder)
    git("clone", str(server), str(work), at=folder)
    package = work / "my_package"
    package.mkdir()
    (work / "pyproject.toml").write_text(PROJECT)
    (package / "__init__.py").write_text("")
    commit(work, CODE, "main")
    for branch, (before, after, _) in BRANCHES.items():
        assert before in CODE
        git("checkout", "-q", "-b", branch, "main", at=work)
        commit(work, CODE.replace(before, after), branch)
    return server


def commit(work: Path, code: str, branch: str) -> None:
    """Commit the rule on a branch, and push it."""
    (work / "my_package" / "rules.py").write_text(code)
    git("add", ".", at=work)
    git("commit", "-q", "-m", branch, at=work)
    git("push", "-q", "origin", f"HEAD:{branch}", at=work)


def make_environment(folder: Path) -> Path:
    """A virtual environment in which the packages of this one can be imported; its folder of programs."""
    venv.create(folder / "environment", with_pip=True)
    (site,) = (folder / "environment").glob("lib/python*/site-packages")
    (site / "of_this_one.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    return folder / "environment" / "bin"


def rehearse(server: Path, branch: str, programs: Path, given: Mapping[str, str]) -> int:
    """Run the steps of the action on a branch; 0, or the exit code of the first that fails."""
    runner = server.parent / branch
    git("clone", "-q", "--branch", branch, str(server), str(runner), at=server.parent)
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    base: dict[str, Any] = {
        **clean,
        "PATH": f"{programs}{os.pathsep}{clean['PATH']}",
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(server.parent / f"{branch}.md"),
    }
    for step in steps_of_action(given):
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.script]
        done = subprocess.run(command, cwd=runner, env={**base, **step.variables}, check=False)
        print(f"{branch}: {step.name}: exit code {done.returncode}", flush=True)
        if done.returncode:
            return done.returncode
    return 0


def main() -> None:
    """Rehearse all branches; exit code 1 if one is judged wrongly."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    parser.add_argument("--time", action="store_true", help="run the step that compares times, too")
    given = {**GIVEN, "time": str(parser.parse_args().time).lower()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server, programs = make_server(folder), make_environment(folder)
        wrong = [
            branch
            for branch, (*_, must_fail) in BRANCHES.items()
            if bool(rehearse(server, branch, programs, given)) != must_fail
        ]
    print(f"judged wrongly: {', '.join(wrong)}" if wrong else f"all {len(BRANCHES)} branches are judged rightly")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
