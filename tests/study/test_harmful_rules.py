"""Rules that change the working directory, fork, flood the terminal, raise errors of the system, or never return."""

import threading

import pytest

from optbench.results.store import Store
from optbench.sweep import execute
from optbench.sweep.execute import Execution
from tests.cli.test_user_exits import write_optimizer
from tests.commands import optbench_command
from tests.sweep.test_execute import Silent

RULES = """
import os
from optbench.optimizers.sgd import sgd


def wrapped(harm):
    rule = sgd(0.1)

    def update(grads, state, params):
        harm()
        return rule.update(grads, state, params)

    return rule._replace(update=update)


def moves(learning_rate: float = 0.1):
    return wrapped(lambda: os.chdir("/"))


def floods(learning_rate: float = 0.1):
    return wrapped(lambda: [print("flood", n) for n in range(20_000)])


def opens(learning_rate: float = 0.1):
    return wrapped(lambda: open("/nope/weights.bin"))


def opens_at_first(learning_rate: float = 0.1):
    return sgd(0.1)._replace(init=lambda params: open("/nope/weights.bin"))
"""
SMALL = ("dataset=iris", "model=softmax", "steps=2", "seeds=1", "timing=false", "name=small")


@pytest.mark.parametrize("name", ["moves", "floods", "opens", "opens_at_first"])
def test_other_runs_and_the_report_are_as_ever(tmp_path, name):
    (tmp_path / "harmful_rules.py").write_text(RULES)
    write_optimizer(tmp_path, name, f"harmful_rules.{name}")
    done = optbench_command("-m", "--config-dir", "my_conf", f"optimizer={name},adam", *SMALL, cwd=tmp_path)
    fails = name.startswith("opens")
    assert done.returncode == int(fails), done.stderr
    rows = Store(tmp_path / "results").runs().set_index("optimizer")
    assert rows.loc["adam", "status"] == "done"
    assert rows.loc[name, "status"] == ("failed" if fails else "done")
    assert "report: " in done.stdout
    assert done.stdout.count("flood") < 2_100
    assert "Traceback" not in done.stderr
    if fails:
        assert rows.loc[name, "status_detail"].startswith("FileNotFoundError: ")
        assert "/nope/weights.bin" in rows.loc[name, "status_detail"]
        assert "(harmful_rules.py, line " in rows.loc[name, "status_detail"]


class Stuck:
    """An executor whose first shard never ends by itself."""

    def __init__(self):
        self.freed, self.given_up = threading.Event(), 0

    def at_once(self, workers):
        return workers

    def train(self, shard, progress, stop):
        self.freed.wait(30)
        raise RuntimeError("freed")

    def give_up(self):
        self.given_up += 1

    def close(self):
        """Nothing is open."""


def test_a_shard_that_never_returns_is_left_behind_after_the_time_limit(tmp_path, monkeypatch):
    from optbench.runtime import abandoned
    from optbench.runtime.deadline import deadline_after

    monkeypatch.setattr(execute, "PATIENCE_S", 0.2)
    monkeypatch.setattr(abandoned, "_abandoned", [])
    executor, store = Stuck(), Store(tmp_path)
    store.prepare()
    deadline = deadline_after(0.0, __import__("time").time())
    monkeypatch.setattr(type(deadline), "has_passed", patient(deadline))
    execution = Execution([object()], executor, store, Silent(), deadline)
    execution.run(1)
    assert executor.given_up == 1
    assert abandoned.has_abandoned_threads()
    executor.freed.set()


def patient(deadline):
    """``has_passed`` that is false at first, so that the shard begins."""
    asked, right = [], type(deadline).has_passed

    def has_passed(self):
        asked.append(self)
        return len(asked) > 2 and right(self)

    return has_passed
