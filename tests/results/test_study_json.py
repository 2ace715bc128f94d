"""Study files as JSON: content is read as written, and invalid content is rejected with a description of the error."""

import copy
import json

import pytest

from optbench.results.schemas import STUDY_FILE
from optbench.results.study_json import from_json, to_json
from optbench.spec.job import ReportOptions
from optbench.spec.published import Published
from optbench.spec.study_file import (
    ChosenTrial,
    JobEntry,
    ProblemEntry,
    ReferenceValue,
    RunEntry,
    SettingEntry,
    StudyFile,
    TuningEntry,
)
from optbench.spec.targets import Target
from tests.conftest import ROOT

TUNING = TuningEntry("sobol", 4, ("learning_rate",), (7,), "final", "loss")
CHOSEN = ChosenTrial(2, 0.5, "valid", {"learning_rate": 0.01}, ("learning_rate",))
FULL = StudyFile(
    name="mine",
    command="python -m optbench",
    started="2026-01-01T12:00:00+00:00",
    device="2 cores",
    versions='{"optbench": "0.1.0"}',
    problems=(
        ProblemEntry(
            "iris",
            {"Data": "150 examples"},
            (Published("theirs", "accuracy", "test", 0.9, "a paper"),),
            (ReferenceValue("optimum", "optimum", "loss", "train", 0.1, "computed", comparable=False),),
            Target("loss", "valid", 0.3, (0.5, 0.3)),
            ("valid", "test"),
        ),
        ProblemEntry("wine", {}),
    ),
    runs=(RunEntry("a", 0, "run", "iris", "sgd"), RunEntry("b", 1, "trial", "wine", "sgd")),
    settings=(SettingEntry("sgd", {"learning_rate": "0.01"}),),
    jobs=(
        JobEntry(("optimizer=sgd",)),
        JobEntry(("tune=sobol",), TUNING),
        JobEntry((), TuningEntry("grid", 4, ("b1",), (7,), "best", None, CHOSEN)),
    ),
    report=ReportOptions("sgd", ["html", "csv"]),
    wall_s=3.5,
    trained=2,
    reached_time_limit=60.0,
    unchosen_runs=3,
    host="here",
)
ODD = (None, 5, 0.5, True, "text", [], [5], {}, {"x": None})


def places(content, path=()):
    """The path of every value inside plain data."""
    yield path
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def with_value(content, path, value):
    """A copy of plain data with another value at a path."""
    if not path:
        return value
    changed = copy.deepcopy(content)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def test_what_is_written_is_read_again():
    assert from_json(json.loads(json.dumps(to_json(FULL)))) == FULL


def test_every_key_of_the_schema_is_written_in_its_order():
    assert list(to_json(FULL)) == [key.name for key in STUDY_FILE]


def test_an_older_file_has_the_defaults_of_what_it_lacks():
    required = {key.name for key in STUDY_FILE if key.required}
    old = from_json({key: value for key, value in to_json(FULL).items() if key in required})
    assert (old.jobs, old.settings, old.targets, old.wall_s, old.trained, old.host) == ((), (), {}, None, 0, "")
    assert (old.report, old.reached_time_limit, old.unchosen_runs) == (ReportOptions(), None, 0)


def test_the_committed_study_is_written_as_it_stands():
    content = json.loads((ROOT / "tests/report/golden/results/studies/golden.json").read_text())
    written = to_json(from_json(content))
    assert {key: written[key] for key in content} == content


def test_further_keys_are_ignored():
    content = to_json(FULL)
    assert from_json({**content, "later": 1, "runs": [{**run, "more": 2} for run in content["runs"]]}) == FULL


@pytest.mark.parametrize("odd", ODD)
def test_odd_content_anywhere_is_read_or_refused_with_a_fault(odd):
    content, faults = to_json(FULL), []
    for path in places(content):
        changed = with_value(content, path, odd)
        try:
            assert isinstance(from_json(changed), StudyFile)
        except ValueError as fault:
            faults.append(str(fault))
    assert len(faults) > 30
    assert not [fault for fault in faults if "\n" in fault]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ((), [], "it is not a mapping"),
        (("started",), None, "`started` is not a string"),
        (("runs",), {}, "`runs` is not a list"),
        (("runs", 0), {"run_id": "a"}, "`job` is missing in `runs`"),
        (("runs", 0, "role"), "other", "`role` is none of run, trial"),
        (("trained",), True, "`trained` is not an integer"),
        (("report", "format"), ["pdf"], "`report.format` has an unknown format"),
        (("targets", "iris", "value"), "1", "`value` is not a number"),
        (("jobs", 2, "tune", "trial"), None, "`tune.trial` is not an integer"),
    ],
)
def test_a_fault_is_named(path, value, fault):
    with pytest.raises(ValueError, match=f"^{fault}$"):
        from_json(with_value(to_json(FULL), path, value))
