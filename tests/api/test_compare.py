"""``compare`` from end to end: what a session defines is trained, reused, and trained again if it changed."""

import threading

import IPython
import keras
import numpy as np
import pytest
from IPython.display import DisplayHandle

import optbench as ob
from optbench.api import notebook_display
from optbench.api.data import HeldData
from optbench.api.display import make_display
from optbench.api.plain_display import PythonDisplay
from optbench.config import session_objects
from optbench.results.loading import load
from optbench.sweep.execute import Execution
from tests.config.test_session_identity import cell

RULE = """
from typing import Annotated, NamedTuple
from optbench.optimizers.base import LearningRate, Optimizer, Search, apply_equations, first_step, value_at

class Memory(NamedTuple):
    step: object

def my_rule(learning_rate: Annotated[LearningRate, Search(1e-3, 0.5, log=True)] = 0.05) -> Optimizer:
    def init(params):
        return Memory(first_step())

    def update(grads, memory, params):
        alpha = value_at(learning_rate, memory.step)
        (updates,) = apply_equations(lambda g: (-alpha * SCALE * g,), grads, params)
        return updates, Memory(memory.step + 1)

    return Optimizer(init, update)
"""
X = np.random.default_rng(0).normal(size=(90, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")


def build(input_shape, classes):
    """A model of the user's."""
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(classes)])


def run(folder, scale=2.0, **arguments):
    """Compare a rule of a notebook's cell with sgd."""
    rules = {"mine": cell(RULE, SCALE=scale)["my_rule"], "plain": "sgd"}
    given = {"model": build, "data": (X.copy(), Y.copy()), "steps": 12, "seeds": 2, "tune": "random", "trials": 3}
    return ob.compare(rules, **{**given, "results_dir": folder, "reports_dir": folder, "progress": False, **arguments})


@pytest.fixture(scope="module")
def patched():
    """Studies without reports and step times, which cost more than training them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("optbench.report.page.build_report", lambda result, store, reports, *_: reports / "index.html")
        patch.setattr("optbench.study.study.time_steps", lambda *_: [])
        yield


@pytest.fixture(scope="module")
def folder(patched, tmp_path_factory):
    """A results folder."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def first(folder):
    """A study."""
    return run(folder, name="first")


def test_a_study_has_runs_and_trials_under_their_labels(first):
    assert first.result.file.trained == 2 * (3 + 2)
    assert sorted(first.runs["optimizer"].unique()) == sorted(first.trials["optimizer"].unique()) == ["mine", "plain"]
    assert set(first.runs["problem"]) == {"data_build"}
    assert sorted(first.leaderboard["setting"]) == ["mine", "plain"]
    assert first.best.learning_rate_range is not None
    assert first.command == ""
    assert first.verdict.command == "optbench.load_study('first').best_setting()"
    assert not [held for held in session_objects._objects.values() if isinstance(held.value, HeldData)]
    again = first.best_setting().keras_optimizer(clipnorm=1.0)
    assert isinstance(again, keras.optimizers.Optimizer)


def test_the_same_is_found_again_from_another_thread_and_under_other_labels(first, folder):
    found = []
    worker = threading.Thread(target=lambda: found.append(run(folder, name="again")))
    worker.start()
    worker.join()
    (again,) = found
    assert again.result.file.trained == 0
    assert sorted(again.runs["run_id"]) == sorted(first.runs["run_id"])
    other = ob.load_study("first", folder, folder)
    assert other.leaderboard.equals(first.leaderboard)
    assert other.best == first.best


def test_another_value_of_a_global_trains_that_rule_again(first, folder):
    assert run(folder, scale=3.0, name="scaled").result.file.trained == 3 + 2


def test_labels_hold_where_the_rows_have_other_names(first, folder):
    both = {"a": "sgd", "b": ob.optimizer("sgd", learning_rate=0.3)}
    study = ob.compare(both, model=build, data=(X, Y), steps=12, seeds=2, results_dir=folder, progress=False)
    renamed = {"b": "sgd", "a": ob.optimizer("sgd", learning_rate=0.3)}
    again = ob.compare(renamed, model=build, data=(X, Y), steps=12, seeds=2, results_dir=folder, progress=False)
    assert again.result.file.trained == 0
    assert again.leaderboard["optimizer"].tolist() == study.leaderboard["optimizer"].map({"a": "b", "b": "a"}).tolist()
    assert set(load(folder, again.name)[0]["optimizer"]) == {"a", "b"}


def test_an_interrupted_kernel_keeps_what_was_trained(folder, monkeypatch):
    def interrupted(self, workers):
        raise KeyboardInterrupt

    monkeypatch.setattr(Execution, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(folder, scale=4.0, name="interrupted")
    assert len(ob.load_study("interrupted", folder).trials) == 3  # those of sgd, which were there


def test_progress_is_lines_where_there_is_no_terminal_and_the_outcome_is_not_printed(first, folder, capsys):
    run(folder, name="loud", progress="auto")
    out = capsys.readouterr().out
    assert "loss=auto is cross_entropy: data has 2 classes." in out
    assert "report: " in out
    assert "median over seeds" not in out


class Kernel:
    """Stands for IPython in the kernel of a notebook."""

    kernel = None


def test_in_a_notebook_no_bar_moves_and_one_output_is_replaced(monkeypatch, folder, first):
    monkeypatch.setenv("FORCE_COLOR", "1")  # which makes a terminal of any output
    assert make_display("auto").console.is_terminal
    monkeypatch.setattr(IPython, "get_ipython", Kernel)
    assert not make_display("auto").console.is_terminal
    assert type(make_display(progress=False)) is PythonDisplay
    outputs = []
    monkeypatch.setattr(DisplayHandle, "display", lambda self, content, **_: outputs.append([content]))
    monkeypatch.setattr(DisplayHandle, "update", lambda self, content, **_: outputs[-1].append(content))
    run(folder, scale=5.0, name="in a notebook", progress="auto")
    (states,) = outputs
    texts = [state["text/plain"] for state in states]
    assert any(text.startswith("training: 3/3 runs") and "best validation loss so far: " in text for text in texts)
    assert 'value="1.000"' in "".join(state["text/html"] for state in states)
    assert texts[-2:] == ["drawing the report ...", f"5 runs trained; report: {folder / 'index.html'}"]
    run(folder, scale=5.0, name="in a notebook", progress=True)
    assert outputs[-1][-1]["text/plain"].startswith("all runs were already finished; report: ")


def test_the_output_of_a_cell_is_not_replaced_more_often_than_one_can_see(monkeypatch):
    times, shown = iter([0.0, 0.1, 0.4, 0.55, 0.6]), []
    monkeypatch.setattr(notebook_display.time, "monotonic", lambda: next(times))
    for name in ("display", "update"):
        monkeypatch.setattr(DisplayHandle, name, lambda self, content, **_: shown.append(content["text/html"]))
    line = notebook_display.StatusLine()
    for text in ("a", "b", "c", "<d>"):
        line.show(text, 0.5, at_once=False)
    line.show("e")
    bar = '<progress value="0.500"></progress> '
    assert shown == [f"<pre>{bar}a</pre>", f"<pre>{bar}&lt;d&gt;</pre>", "<pre>e</pre>"]


def test_a_display_says_nothing_where_none_is_wanted(capsys):
    display = make_display(progress=False)
    display.note("a note")
    assert isinstance(display, PythonDisplay)
    assert capsys.readouterr().out == ""
