"""A study without Hydra: what is trained, kept, counted and returned."""

import math
import shutil

import pytest
import yaml
from rich.console import Console

import optbench
from optbench.cli.terminal import Terminal
from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.job import JobConfig
from optbench.spec.labels import problem_labels, setting_labels
from optbench.spec.published import Published
from optbench.study.read_job import read_seeds
from optbench.study.study import RunningStudy
from tests.conftest import CONF, make_problem, make_setting, raw_node

GROUPS = {
    "schedule": "constant",
    "loss": "cross_entropy",
    "regularizer": "none",
    "tune": "none",
    "executor": "threads",
}
DEFAULTS = yaml.safe_load((CONF / "config.yaml").read_text(encoding="utf8"))


def job(folder, optimizer="sgd", dataset="iris", model="softmax", rule=None, dataset_node=None, **values):
    choices = {**GROUPS, "optimizer": optimizer, "dataset": dataset, "model": model}
    config = {group: raw_node(group, stem) for group, stem in choices.items()}
    config["optimizer"] |= rule or {}
    config["dataset"] = dataset_node or config["dataset"]
    config |= {key: value for key, value in DEFAULTS.items() if key not in ("defaults", "hydra")}
    config |= {
        "name": "trial", "seeds": 3, "epochs": 2, "batch_size": 16, "eval": {"points": 10, "drop_last": False},
        "compile": "auto", "workers": 2, "timing": False,
        "results_dir": str(folder / "results"), "reports_dir": str(folder / "reports"), **values,
    }  # fmt: skip
    return JobConfig([f"optimizer={optimizer}"], config, choices)


class Unwatched(Terminal):
    """A terminal that nobody reads, whose outcome is not composed; tests/cli/test_terminal.py reads those of others."""

    def summary(self, *_):
        pass


def study(quiet=True):
    kind = Unwatched if quiet else Terminal
    return RunningStudy("python -m optbench", kind(Console(quiet=quiet, width=100)), 0.0)


def test_the_same_study_again_trains_nothing_and_more_seeds_train_only_those(tmp_path):
    trained = []
    for seeds in (3, 3, 5):
        this = study()
        this.add([job(tmp_path, seeds=seeds), job(tmp_path, "adam", seeds=seeds)])
        assert this.finish() == 0
        trained.append(this.trained)
    assert trained == [6, 0, 4]
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert len(runs) == 10
    assert len(list((tmp_path / "results" / "runs").glob("*.parquet"))) == 2


def test_force_trains_again(tmp_path):
    for force in (False, True):
        this = study()
        this.add([job(tmp_path, force=force)])
        this.finish()
        assert this.trained == 3
    assert len(optbench.load(tmp_path / "results", "trial")[0]) == 3


def test_jobs_one_by_one_and_all_at_once_give_the_same_tables(tmp_path):
    tables = []
    for how in ("once", "each"):
        this, folder = study(), tmp_path / how
        jobs = [job(folder), job(folder, "adam")]
        for part in [jobs] if how == "once" else [jobs[:1], jobs[1:]]:
            this.add(part)
        this.finish()
        runs, curves = optbench.load(folder / "results", "trial")
        tables.append((runs[["run_id", "job", "problem", "setting", "initial_loss", "fingerprint"]], curves))
    assert tables[0][0].equals(tables[1][0])
    order = ["run_id", "step", "split", "metric"]
    assert tables[0][1].sort_values(order, ignore_index=True).equals(tables[1][1].sort_values(order, ignore_index=True))


def test_a_job_returns_its_mean_validation_loss_and_a_diverged_one_infinity(tmp_path):
    this = study()
    values = this.add([job(tmp_path), job(tmp_path, rule={"learning_rate": 1e38})])
    this.finish()
    runs, curves = optbench.load(tmp_path / "results", "trial")
    last = curves[(curves["split"] == "valid") & (curves["metric"] == "loss") & (curves["step"] == 10)]
    assert values[0] == pytest.approx(last.merge(runs[runs["job"] == 0], on="run_id")["value"].mean())
    assert values[1] == math.inf
    diverged = runs[runs["job"] == 1]
    assert set(diverged["status"]) == {"diverged"}
    assert (diverged["diverged_at_step"] >= 1).all()
    seen = curves.merge(diverged[["run_id", "diverged_at_step"]], on="run_id")
    assert (seen["step"] < seen["diverged_at_step"]).all()


def test_a_failed_run_is_an_exit_code_of_one_and_interruption_one_of_its_own(
    tmp_path, monkeypatch, reports_without_figures
):
    monkeypatch.setattr("optbench.sweep.work.train", lambda *_: (_ for _ in ()).throw(RuntimeError("broken")))
    this = study()
    this.add([job(tmp_path)])
    assert this.finish() == 1
    assert this.finish(interrupted=True) == 130
    assert "broken" in (tmp_path / "reports" / "trial" / "index.html").read_text()


def test_a_mistake_in_one_job_trains_none_and_names_the_job(tmp_path):
    with pytest.raises(ConfigError, match=r"optimizer\.learning_rate.*\(In the job optimizer=adam\.\)"):
        study().add([job(tmp_path), job(tmp_path, "adam", rule={"learning_rate": -1})])
    assert not (tmp_path / "results").exists()


def test_an_executor_that_cannot_be_opened_is_one_line_and_leaves_nothing_behind(tmp_path):
    one, this = job(tmp_path), study()
    one.config["executor"] = raw_node("executor", "slurm", cluster="MyCluster")
    with pytest.raises(ConfigError, match=r"`executor\.cluster` must be a class of dask_jobqueue"):
        this.add([one])
    assert this.finish() == 1
    assert list(tmp_path.iterdir()) == []


def test_seeds_cannot_be_swept(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be swept.*seeds=\[1,2,3\]"):
        study().add([job(tmp_path, seeds=1), job(tmp_path, seeds=2)])


@pytest.mark.parametrize(
    ("key", "value"), [("compile", "xla"), ("timing", True), ("data_dir", "elsewhere"), ("reports_dir", "x")]
)
def test_what_belongs_to_the_study_cannot_be_swept(tmp_path, key, value):
    with pytest.raises(ConfigError, match=f"`{key}` cannot be swept"):
        study().add([job(tmp_path), job(tmp_path, **{key: value})])


def test_two_jobs_that_ask_for_the_same_runs_are_shown_once(tmp_path):
    this = study()
    this.add([job(tmp_path), job(tmp_path), job(tmp_path, "adam")])
    assert this.finish() == 0
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert runs.groupby("setting").size().to_dict() == {"sgd": 3, "adam": 3}


def test_two_rules_never_share_a_label(tmp_path):
    this = study()
    this.add([job(tmp_path, rule={"_target_": f"optbench.optimizers.{name}.{name}"}) for name in ("sgd", "sgdm")])
    assert this.finish() == 0
    assert optbench.load(tmp_path / "results", "trial")[0].groupby("setting").size().tolist() == [3, 3]


def test_labels_that_read_alike_are_told_apart_by_a_piece_of_the_id():
    settings = {"111111x": make_setting("sgd"), "222222x": make_setting("sgd")}
    assert setting_labels(settings) == {"111111x": "sgd #111111", "222222x": "sgd #222222"}


def test_curves_that_are_lost_are_trained_again(tmp_path):
    for trained in (3, 3):
        this = study()
        this.add([job(tmp_path)])
        assert this.finish() == 0
        assert this.trained == trained
        for path in (tmp_path / "results" / "curves").iterdir():
            path.write_bytes(b"broken")


@pytest.mark.parametrize("values", [{"eval": None}, {"eval": 5}, {"batches": {"order": "x"}}])
def test_a_group_of_keys_must_be_one(tmp_path, values):
    with pytest.raises(ConfigError, match=f"`{next(iter(values))}"):
        study().add([job(tmp_path, **values)])


def test_an_unknown_key_inside_a_group_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"`eval\.point` does not exist. Did you mean `points`"):
        study().add([job(tmp_path, eval={"points": 3, "drop_last": False, "point": 3})])


def test_a_rule_without_a_learning_rate_trains(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "rule_without_rate.py").write_text(
        "from optbench.optimizers.base import Optimizer, apply_equations\n"
        "def make(scale: float = 0.1):\n"
        "    update = lambda g, s, p: (apply_equations(lambda g: (-scale * g,), g, p)[0], s)\n"
        "    return Optimizer(lambda params: [], update)\n"
    )
    one = job(tmp_path)
    one.config["optimizer"] = {"_target_": "rule_without_rate.make"}
    this = study()
    this.add([one])
    assert this.finish() == 0


def test_where_data_is_kept_is_no_part_of_a_runs_id(tmp_path, stand_ins):
    ids = []
    for number in range(2):
        shutil.copytree(stand_ins, tmp_path / str(number))
        this = study()
        this.add([job(tmp_path, dataset="mnist", data_dir=str(tmp_path / str(number)))])
        ids.append([run.run_id for run in this.jobs[0].runs])
    assert ids[0] == ids[1]
    assert this.trained == 0


def test_an_unknown_key_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"`epoch` does not exist. Did you mean `epochs`"):
        study().add([job(tmp_path, epoch=3)])


@pytest.mark.parametrize("value", [0, -1, "abc", [], [1, 1], [-1], [1.5], True, None, 2.5, [10**20]])
def test_wrong_seeds(value):
    with pytest.raises(ConfigError, match=r"^`seeds` must .*Received: seeds="):
        read_seeds(value)


@pytest.mark.parametrize(("value", "seeds"), [(3, [0, 1, 2]), (2.0, [0, 1]), ([4, 2], [4, 2])])
def test_right_seeds(value, seeds):
    assert read_seeds(value) == seeds


def test_the_study_file_names_every_run_with_its_labels(tmp_path):
    this = study()
    this.add([job(tmp_path, rule={"learning_rate": r}) for r in (0.1, 0.2)])
    this.finish()
    described = Store(tmp_path / "results").read_study("trial")
    assert {run.setting for run in described.runs} == {"sgd learning_rate=0.1", "sgd learning_rate=0.2"}
    assert {run.problem for run in described.runs} == {"iris_softmax"}
    assert described.problem("iris_softmax").description["Data"] == "iris: training 90, validation 30, test 30 examples"
    assert described.trained == 6


def test_labels_have_no_more_digits_than_tell_them_apart():
    rates = {"1": 0.123456789, "2": 0.1, "3": 2.5e-7}
    labels = setting_labels({key: make_setting("sgd", learning_rate=rate) for key, rate in rates.items()})
    assert list(labels.values()) == [f"sgd learning_rate={text}" for text in ("0.123", "0.1", "2.5e-07")]
    close = {"1": 0.12345, "2": 0.12344}
    labels = setting_labels({key: make_setting("sgd", learning_rate=rate) for key, rate in close.items()})
    assert list(labels.values()) == ["sgd learning_rate=0.1235", "sgd learning_rate=0.1234"]


def test_labels_name_only_what_varies():
    settings = {"1": make_setting("sgd"), "2": make_setting("adam"), "3": make_setting("adam", b1=0.8)}
    assert setting_labels(settings) == {"1": "sgd", "2": "adam b1=0.9", "3": "adam b1=0.8"}
    problems = {
        "1": make_problem("iris", "mlp"),
        "2": make_problem("iris", "mlp", batch_size=16),
        "3": make_problem("dot"),
    }
    assert problem_labels(problems) == {"1": "iris_mlp batch_size=32", "2": "iris_mlp batch_size=16", "3": "dot_mlp"}


def test_a_baseline_that_is_not_there_is_refused_before_anything_is_trained(tmp_path):
    this, wanted = study(), {"baseline": "lion", "format": ["html"]}
    with pytest.raises(
        ConfigError, match=r"`report.baseline` must be one of sgd, adam. Received: report.baseline=lion"
    ):
        this.add([job(tmp_path, report=wanted), job(tmp_path, "adam", report=wanted)])
    assert not (tmp_path / "results").exists()


def test_published_numbers_and_what_the_report_is_to_be_stand_in_the_study_file(tmp_path, reports_without_figures):
    line = {"label": "somebody", "metric": "accuracy", "split": "test", "value": 0.9, "source": "a paper"}
    this = study()
    this.add([job(tmp_path, published=[line], report={"baseline": None, "format": ["html", "csv"]})])
    this.finish()
    file = Store(tmp_path / "results").read_study("trial")
    (published,) = file.problem("iris_softmax").published
    assert published == Published(**line)
    assert (tmp_path / "reports" / "trial" / "summary.csv").exists()
    with pytest.raises(ConfigError, match=r"`published\[0\].source` is needed"):
        study().add([job(tmp_path, published=[{k: v for k, v in line.items() if k != "source"}])])
