"""The cost of commands that train nothing, in addition to the imports that they need.

    make bench

Processor seconds of whole processes, in alternating order; the lowest of all rounds counts, because other work on the
machine can only add to it. Python stores bytecode, as it does by default. The figures are ratios within one run:
``--help`` and the list of a results folder to ``import hydra``, and two unchanged commands to ``import pandas, hydra,
pyarrow``. Wall time is printed too.
"""

import os
import resource
import subprocess
import sys
import time
from importlib import metadata

import pytest

from tests.commands import environment_of_a_user

ROUNDS = 7
WITHOUT_BYTECODE = "PYTHONDONTWRITEBYTECODE"
STUDY = ["-m", "optbench", "-m", "optimizer=sgd,adam", "dataset=iris", "steps=20", "seeds=2"]
COMMANDS = {
    "--help": (["-m", "optbench", "--help"], "import hydra"),
    "optbench.results": (["-m", "optbench.results"], "import hydra"),
    "unchanged command": (STUDY, "import pandas, hydra, pyarrow"),
    "optbench.report, unchanged": (["-m", "optbench.report", "trial"], "import pandas, hydra, pyarrow"),
}


def run(arguments, folder):
    """Run a process to its end; its processor seconds and its wall seconds."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, *arguments]
    environment = {name: value for name, value in environment_of_a_user().items() if name != WITHOUT_BYTECODE}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.perf_counter() - clock


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which the command was carried out before."""
    found = tmp_path_factory.mktemp("start")
    run([*STUDY, "name=trial"], found)
    run(STUDY, found)
    return found


@pytest.mark.benchmark(group="start of commands that train nothing")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_beside_its_imports(benchmark, folder, name):
    arguments, imports = COMMANDS[name]
    sides = {"command": arguments, "imports": ["-c", imports]}

    def rounds():
        found = {side: [] for side in sides}
        for number in range(ROUNDS):
            for side in list(sides)[:: 1 if number % 2 else -1]:
                found[side].append(run(sides[side], folder))
        return {side: tuple(min(column) for column in zip(*times, strict=True)) for side, times in found.items()}

    found = benchmark.pedantic(rounds, rounds=1)
    processor, wall = (found["command"][part] / found["imports"][part] for part in (0, 1))
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in ("hydra-core", "pandas", "pyarrow"))
    benchmark.extra_info |= {
        "processor_ratio": round(processor, 2),
        "wall_ratio": round(wall, 2),
        "cores": os.cpu_count(),
    }
    times = f"{processor:.2f} times the processor and {wall:.2f} times the wall time"
    print(f"\n{name}: {times} of '{imports}' ({versions})")
