"""Plans: the runs and trials of jobs, and what of them is missing; nothing is trained or written."""

import pytest

from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.study.plan import estimate_study, plan_study, read_jobs
from optbench.study.resources import StudyResources
from tests.study.test_study import job
from tests.study.test_tuning import tuned_job


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def test_a_plan_has_the_runs_and_trials_of_its_jobs_and_writes_nothing(tmp_path, store):
    specs = read_jobs([tuned_job(tmp_path), tuned_job(tmp_path, "adam")])
    resources = StudyResources()
    plan = plan_study(specs, resources, store)
    assert [(len(found.runs), len(found.trials)) for found in plan.jobs] == [(0, 4), (0, 4)]
    assert (plan.work.missing, plan.work.kept) == (8, 0)
    assert [estimate.runs for estimate in estimate_study(plan, resources, store)] == [4, 4]
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_also_counts_the_runs_of_the_setting_to_be_chosen(tmp_path, store):
    plan = plan_study(read_jobs([tuned_job(tmp_path, dry_run=True)]), StudyResources(), store)
    assert plan.work.missing == 4 + 3
    assert plan.jobs[0].runs == ()


def test_later_jobs_have_the_options_of_the_first(tmp_path, store):
    resources = StudyResources()
    first, second = read_jobs([job(tmp_path, name="2026-01-01 at 12:00:00"), job(tmp_path, "adam", name="later")])
    earlier = plan_study([first], resources, store)
    plan = plan_study([second], resources, store, earlier.jobs)
    assert plan.options.name == "2026-01-01 at 12:00:00"
    assert [found.spec.setting.names["optimizer"] for found in plan.jobs] == ["adam"]


def test_a_job_that_python_code_made_is_named_by_its_optimizer(tmp_path, store):
    configs = [job(tmp_path), job(tmp_path, "adam", model="mlp", reference=["optimum"])]
    specs = read_jobs([config._replace(overrides=[]) for config in configs])
    with pytest.raises(ConfigError, match=r"\(In the job optimizer=adam\.\)$"):
        plan_study(specs, StudyResources(), store)
