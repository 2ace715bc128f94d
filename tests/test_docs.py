"""The pages of docs/, tried: their commands compose, and the snippet of the page on data makes a file that is taken."""

import re
import runpy
import shlex

import numpy as np
import pytest
import tensorflow as tf
from hydra import compose, initialize_config_dir

from optbench.cli.compose import base_of
from optbench.cli.expansion import expand_overrides
from optbench.cli.subcommands import SUBCOMMANDS
from optbench.config.build import flatten
from optbench.datasets._archive import ImageSpec, load_archive
from optbench.optimizers.base import bind_names
from optbench.spec.job import JobConfig
from optbench.spec.parameter_names import KINDS, ROLES, describe_parameters
from optbench.study.read_job import read_job
from tests.config.test_session_identity import cell
from tests.conftest import CONF, ROOT, raw_node, stand_in, stems
from tests.test_conf import SUITES

PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf8")
RUN = {"your-problem.md", "report.md", "your-rule.md"}  # run by test_your_problem, test_own_parts and test_readme
PAGES = [path.read_text(encoding="utf8") for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in RUN]
WRITTEN = [command for page in PAGES for command in re.findall(r"^python -m optbench (.*)$", page, flags=re.MULTILINE)]
COMMANDS = [  # subcommands and suites have tests of their own
    command
    for command in WRITTEN
    if command.split()[0] not in SUBCOMMANDS and not {f"experiment={suite}" for suite in SUITES} & set(command.split())
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_page_composes(command):
    overrides = [argument for argument in shlex.split(command) if argument != "-m"]
    first_of_sweeps = [re.sub(r"=([^,\[\]]*),.*$", r"=\1", override) for override in overrides]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        base = base_of(
            compose(
                "config", overrides=expand_overrides(first_of_sweeps, [CONF], multirun=True), return_hydra_config=True
            )
        )
    assert read_job(JobConfig(first_of_sweeps, base.config, base.choices))


def test_the_page_names_every_data_set_and_only_keys_that_exist():
    data_sets = set(stems("dataset")) - {"none"}  # which holds nothing, for test functions
    assert set(re.findall(r"`(\w+)`", PAGE.partition("\n\n")[2].partition("\n\n")[0])) == data_sets
    nodes = [raw_node("dataset", stem) for stem in stems("dataset")]
    assert set(re.findall(r"dataset\.(\w+)=", PAGE)) <= {key for node in nodes for key in flatten(node)}
    assert set(re.findall(r"dataset\.(\w+)\.\w+=", PAGE)) <= {key for node in nodes for key in node}


def test_the_pages_snippet_makes_a_file_that_is_taken(tmp_path, monkeypatch):
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    arrays = stand_in("mnist")
    parts = tuple((arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test"))
    monkeypatch.setattr("keras.datasets.mnist.load_data", lambda: parts)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    runpy.run_path(str(written(tmp_path / "snippet.py", snippet)))
    found = load_archive(ImageSpec("mnist", (28, 28), 10), fetch=parts.__len__, data_dir="data")
    np.testing.assert_array_equal(found["x_test"], arrays["x_test"])


def written(path, text):
    path.write_text(text)
    return path


def test_the_examples_of_the_python_page_run_in_their_order(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optbench.study.study.time_steps", lambda *_: [])  # which has tests of its own
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = cell("\n".join(blocks))
    assert len(blocks) == 7
    assert (tmp_path / "mine.pdf").stat().st_size > 1000
    assert names["limited"].result.file.trained == 0
    assert names["limited"].untrained == (0, 6, 0, 0)
    assert names["best"].learning_rate_range is not None
    assert names["mine"].runs["status"].eq("done").all()
    assert set(names["mine"].leaderboard["optimizer"]) == {"plain", "heavy"}


def test_the_page_on_groups_has_a_rule_that_takes_names(tmp_path):
    page = (ROOT / "docs" / "parameter-groups.md").read_text(encoding="utf8")
    snippet = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)[-1]
    rule = runpy.run_path(str(written(tmp_path / "rules.py", snippet)))["biases_first"]()
    params = [tf.ones([2, 2]), tf.ones([2])]
    bound = bind_names(rule, describe_parameters(["dense/kernel", "dense/bias"], [(2, 2), (2,)]))
    updates, _ = bound.update(params, bound.init(params), params)
    np.testing.assert_allclose([float(np.ravel(u)[0]) for u in updates], [-0.1, -0.2], rtol=1e-6)


def test_the_page_on_groups_names_every_role_and_kind():
    page = (ROOT / "docs" / "parameter-groups.md").read_text(encoding="utf8")
    table = page.partition("| pattern | selects |")[2].partition("\n\n")[0]
    assert {*ROLES, *KINDS} <= set(re.findall(r"`(\w+)`", table))
