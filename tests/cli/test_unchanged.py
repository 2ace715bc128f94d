"""Repeating a command: its stored answer is shown as long as none of its inputs has changed."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from optbench.cli import unchanged
from optbench.cli.main import LateStudy
from optbench.results.finished import FinishedCommands
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.report.made_up_results import Made, write
from tests.study.test_study import job

WIDTH = 100
MADE = Made("trial", optimizers=("sgd", "adam"), seeds=3, points=3)


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """The jobs of a command whose results are there, and a file of data that it names."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "results", MADE)
    page = tmp_path / "reports" / "trial" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("the page")
    Path("data.csv").write_text("1,2\n")
    return [
        job(tmp_path, name, dataset_node={**job(tmp_path).config["dataset"], "path": "data.csv"})
        for name in ("sgd", "adam")
    ]


def keep(jobs, folder):
    """Keep the outcome of the command; its key."""
    store = Store(folder / "results")
    result, key = load_result(store, store.read_study("trial")), unchanged.key_of(jobs)
    page = folder / "reports" / "trial" / "index.html"
    unchanged.remember(key, jobs, [0.5, float("-inf")], result, 0, page, ("the answer", WIDTH))
    return key


def found(jobs):
    return unchanged.find(unchanged.key_of(jobs), jobs, WIDTH)


def test_the_outcome_of_an_unchanged_command_is_found(jobs, tmp_path):
    assert found(jobs) is None
    keep(jobs, tmp_path)
    outcome = found(jobs)
    assert (outcome.text, outcome.code, outcome.study) == ("the answer", 0, "trial")
    assert outcome.objectives == [0.5, float("-inf")]
    assert len(outcome.run_ids) == 6
    assert unchanged.find(unchanged.key_of(jobs), jobs, WIDTH - 1) is None


def test_another_command_is_not_found(jobs, tmp_path):
    keep(jobs, tmp_path)
    for other in (
        jobs[:1],
        [*jobs, job(tmp_path, "rmsprop")],
        [jobs[0]._replace(config={**jobs[0].config, "seeds": 4})],
    ):
        assert found(other) is None


@pytest.mark.parametrize("switch", ["force", "redraw", "dry_run"])
def test_a_key_has_the_command_carried_out_in_full(jobs, tmp_path, switch):
    keep(jobs, tmp_path)
    assert found([each._replace(config={**each.config, switch: True}) for each in jobs]) is None


def test_the_date_is_no_part_of_what_is_asked_for_and_a_name_is(jobs, tmp_path):
    def named(name, overrides):
        return [each._replace(config={**each.config, "name": name}, overrides=overrides) for each in jobs]

    keep(named("2026-01-01_10-00-00", []), tmp_path)
    assert found(named("2026-01-01_11-00-00", [])) is not None
    keep(named("notes", ["name=notes"]), tmp_path)
    assert found(named("others", ["name=others"])) is None


def change_page(folder):
    (folder / "reports" / "trial" / "index.html").write_text("another")


def change_data(folder):
    (folder / "data.csv").write_text("1,3\n")


def change_study(folder):
    write(folder / "results", MADE._replace(optimizers=("sgd",)))


def retrain(folder):
    store = Store(folder / "results")
    runs = store.runs()
    store.write_shard(runs.head(1), store.curves(runs.head(1)))


def time_again(folder):
    store = Store(folder / "results")
    store.write_timings(store.timings().assign(measured_at="2027"))


def remove_curves(folder):
    next((folder / "results" / "curves").glob("*.parquet")).unlink()


CHANGES = [change_page, change_data, change_study, retrain, time_again, remove_curves]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_command_is_carried_out_in_full_once_anything_changed(jobs, tmp_path, change):
    keep(jobs, tmp_path)
    change(tmp_path)
    assert found(jobs) is None


def test_other_code_versions_and_variables_are_changes(jobs, tmp_path, monkeypatch):
    keep(jobs, tmp_path)
    with monkeypatch.context() as patched:
        patched.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
        assert found(jobs) is None
    with monkeypatch.context() as patched:
        patched.setattr(unchanged, "code_digest", lambda: "another version")
        assert found(jobs) is None
    assert found(jobs) is not None


def test_a_changed_module_of_the_user_is_a_change(jobs, tmp_path, monkeypatch):
    module = tmp_path / "rules_of_mine.py"
    module.write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("rules_of_mine")
    try:
        keep(jobs, tmp_path)
        assert found(jobs) is not None
        module.write_text("A = 2\n")
        assert found(jobs) is None
    finally:
        del sys.modules["rules_of_mine"]


def test_what_other_studies_add_and_a_file_that_was_only_touched_are_no_changes(jobs, tmp_path):
    keep(jobs, tmp_path)
    write(tmp_path / "results", MADE._replace(name="others", optimizers=("rmsprop",)))
    (tmp_path / "data.csv").touch()
    assert found(jobs) is not None


@pytest.mark.parametrize("group", ["dataset", "model"])
@pytest.mark.parametrize("target", ["mine.make", *unchanged.MADE_IN_PYTHON])
def test_what_python_functions_make_is_never_kept(jobs, tmp_path, group, target):
    config = {**jobs[0].config, group: {"_target_": target}}
    assert unchanged.key_of([jobs[0]._replace(config=config)]) is None


def test_a_page_with_parts_of_the_users_own_is_never_kept(jobs):
    def with_parts(parts):
        return [each._replace(config={**each.config, "report": {"parts": parts}}) for each in jobs]

    assert unchanged.key_of(with_parts(["convergence"])) is not None
    assert unchanged.key_of(with_parts(["my_package.my_part"])) is None


@pytest.mark.parametrize("value", ["iris", 3, ["a"], None])
def test_a_dataset_that_is_no_mapping_is_left_to_the_check_that_follows(jobs, value):
    assert unchanged.key_of([jobs[0]._replace(config={**jobs[0].config, "dataset": value, "report": value})]) is None


@pytest.mark.parametrize("text", ["x" * 300, "a\0b"])
def test_a_text_that_cannot_be_a_path_is_none(jobs, tmp_path, text):
    described = [each._replace(config={**each.config, "baseline": text}) for each in jobs]
    keep(described, tmp_path)
    assert found(described) is not None


def test_what_cannot_be_read_any_more_keeps_nothing(jobs, tmp_path, monkeypatch):
    def gone(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(unchanged, "state_of", gone)
    keep(jobs, tmp_path)
    assert found(jobs) is None


def test_unfinished_studies_are_not_kept(jobs, tmp_path):
    store = Store(tmp_path / "results")
    whole = load_result(store, store.read_study("trial"))
    page, key = tmp_path / "reports" / "trial" / "index.html", unchanged.key_of(jobs)
    for unfinished in (
        dataclasses.replace(whole, runs=whole.runs.assign(status="failed")),
        dataclasses.replace(whole, runs=whole.runs.head(3)),
        dataclasses.replace(whole, file=dataclasses.replace(whole.file, reached_time_limit=1.0)),
    ):
        unchanged.remember(key, jobs, [0.5, 0.5], unfinished, 0, page, ("the answer", WIDTH))
        assert found(jobs) is None


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1}'])
def test_a_broken_record_is_as_good_as_none(jobs, tmp_path, content):
    key = keep(jobs, tmp_path)
    (tmp_path / "results" / "finished" / f"{key}.json").write_text(content)
    assert FinishedCommands(tmp_path / "results").find(key, unchanged.surroundings()) is None


def test_a_study_is_trained_once_and_then_shown(tmp_path, reports_without_figures, capsys):
    outputs, studies = [], []
    for _ in range(2):
        late = LateStudy("python -m optbench")
        late.console = Console(width=WIDTH, highlight=False)
        values = late.add([job(tmp_path, seeds=2, epochs=1)])
        assert late.finish() == 0
        outputs.append((values, capsys.readouterr().out))
        studies.append(late.study)
    assert studies[0].trained == 2
    assert studies[1] is None
    assert outputs[0][0] == outputs[1][0]
    answer = lines_of(outputs[1][1].partition("Nothing changed since.\n")[2])
    assert any("Leaderboard" in line for line in answer)
    assert answer == lines_of(outputs[0][1])[-len(answer) :]


def lines_of(text):
    """Lines without the spaces at their ends."""
    return [line.rstrip() for line in text.splitlines()]


def test_jobs_that_come_later_have_the_earlier_ones_trained(tmp_path, reports_without_figures):
    for _ in range(2):
        late = LateStudy("python -m optbench")
        late.console = Console(quiet=True, width=WIDTH)
        late.add([job(tmp_path, seeds=2, epochs=1)])
        late.finish()
    late = LateStudy("python -m optbench")
    late.console = Console(quiet=True, width=WIDTH)
    late.add([job(tmp_path, seeds=2, epochs=1)])
    assert late.study is None
    late.add([job(tmp_path, "adam", seeds=2, epochs=1)])
    assert [each.spec.setting.names["optimizer"] for each in late.study.jobs] == ["sgd", "adam"]
    late.finish()


def test_help_and_lists_import_no_tensorflow_and_no_pandas(tmp_path):
    (tmp_path / "results").mkdir()
    code = (
        "import contextlib, importlib, io, sys\n"
        "for module, words in (('main', ['--help']), ('main', ['--version']), ('results', ['list'])):\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "        importlib.import_module(f'optbench.cli.{module}').main(words)\n"
        "print([name for name in ('tensorflow', 'keras', 'pandas', 'matplotlib') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n", done.stderr
