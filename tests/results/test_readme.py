"""``results/README.md`` agrees with the schemas and describes every file and key that a study writes."""

import json
import re
from fnmatch import fnmatch

import pytest

from optbench.results import schemas
from tests import folder_readmes
from tests.conftest import raw_node
from tests.study.test_study import job, study

TABLES = [schemas.RUN_COLUMNS, schemas.CURVE_COLUMNS, schemas.ARRAY_COLUMNS, schemas.TIMING_COLUMNS]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results folder of a study with arrays, weights and checkpoints."""
    folder = tmp_path_factory.mktemp("readme")
    plane = raw_node("dataset", "iris", features=[0, 1])
    kept = {"weights": {"save": True}, "checkpoint": {"every": 1, "keep": "last"}}
    small = job(folder, seeds=1, compile="eager", **kept)
    this = study()
    this.add([small._replace(config={**small.config, "dataset": plane})])
    this.finish()
    return folder / "results"


def test_the_readme_is_the_generated_one():
    assert folder_readmes.RESULTS.read_text(encoding="utf8") == folder_readmes.results_readme()


@pytest.mark.parametrize("columns", [*TABLES, schemas.LABEL_COLUMNS, schemas.STUDY_FILE])
def test_every_name_is_unique_and_has_a_meaning(columns):
    assert len({column.name for column in columns}) == len(columns)
    assert all(column.meaning.endswith(".") and "|" not in column.meaning for column in columns)


def test_every_file_of_a_study_is_described(results):
    paths = [part for path, _ in folder_readmes.RESULT_FILES for part in path.split(", ")]
    patterns = [re.sub(r"<\w+>", "*", path) for path in paths if not path.startswith("<file>")]
    files = [path.relative_to(results).as_posix().removesuffix(".sha256") for path in results.rglob("*.*")]
    assert {file.partition("/")[0] for file in files} == {
        "runs", "curves", "arrays", "studies", "logs", "weights", "checkpoints", ".lock", ".serial",
    }  # fmt: skip
    assert [file for file in files if not any(fnmatch(file, pattern) for pattern in patterns)] == []


def test_every_key_of_a_study_file_is_described(results):
    assert set(json.loads((results / "studies" / "trial.json").read_text())) == {key.name for key in schemas.STUDY_FILE}
