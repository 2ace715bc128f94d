"""User code that tries to end the program: one line, exit code 1, and the other runs are trained."""

import pytest

from optbench.results.store import Store
from tests.commands import optbench_command

RULES = """
import sys
from optbench.optimizers.base import Optimizer, first_step


class Stop(BaseException):
    pass


def rule(update):
    return Optimizer(lambda params: first_step(), update)


def exits(learning_rate: float = 0.1):
    return rule(lambda grads, state, params: sys.exit(0))


def interrupts(learning_rate: float = 0.1):
    def update(grads, state, params):
        raise KeyboardInterrupt
    return rule(update)


def stops(learning_rate: float = 0.1):
    def update(grads, state, params):
        raise Stop("enough")
    return rule(update)


def exits_when_made(learning_rate: float = 0.1):
    sys.exit(0)
"""
SMALL = ("dataset=iris", "steps=2", "seeds=1", "timing=false", "name=small")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ending_rules.py").write_text(RULES)
    (tmp_path / "ending_module.py").write_text("import sys\n\nsys.exit(0)\n")
    for name in ("exits", "interrupts", "stops", "exits_when_made"):
        write_optimizer(tmp_path, name, f"ending_rules.{name}")
    write_optimizer(tmp_path, "exits_when_imported", "ending_module.rule")
    return tmp_path


def write_optimizer(folder, name, target):
    path = folder / "my_conf" / "optimizer" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"_target_: {target}\n")


@pytest.mark.parametrize(
    ("name", "raised"), [("exits", "SystemExit: 0"), ("interrupts", "KeyboardInterrupt"), ("stops", "Stop: enough")]
)
def test_a_rule_that_ends_the_program_is_a_failed_run(folder, name, raised):
    arguments = ("-m", "--config-dir", "my_conf", f"optimizer=sgd,{name}", *SMALL)
    done = optbench_command(*arguments, cwd=folder)
    assert done.returncode == 1, done.stderr
    store = Store(folder / "results")
    rows = store.runs({run.run_id for run in store.read_study("small").runs}).set_index("optimizer")
    assert rows.loc["sgd", "status"] == "done"
    assert rows.loc[name, "status"] == "failed"
    assert rows.loc[name, "status_detail"].startswith(raised)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exits_when_made", "`optimizer` cannot be made. Received: ending_rules.exits_when_made"),
        ("exits_when_imported", "`_target_: ending_module.rule` cannot be imported: SystemExit: 0."),
    ],
)
def test_a_rule_that_ends_the_program_before_training_is_one_line(folder, name, message):
    done = optbench_command("--config-dir", "my_conf", f"optimizer={name}", *SMALL, cwd=folder)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert message in line
    assert "SystemExit: 0" in line


def test_a_conformance_subject_that_ends_the_program_fails(folder):
    done = optbench_command("ending_rules.exits", module="optbench.conformance", cwd=folder)
    assert done.returncode == 1
    assert "Observed: SystemExit: 0" in done.stdout
