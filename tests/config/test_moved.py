"""Old dotted paths keep working in users' YAML files and modules, with a one-line warning."""

import importlib
import subprocess
import sys

import pytest

from optbench.config.build import check, make
from optbench.config.moved import MODULES, MovedWarning, current_path
from tests.commands import optbench_fork


@pytest.mark.parametrize("old", MODULES)
def test_a_moved_module_is_found_under_its_old_name(old):
    sys.modules.pop(old, None)
    with pytest.warns(MovedWarning, match=f"{old} has moved. Import {MODULES[old]} instead."):
        found = importlib.import_module(old)
    now = importlib.import_module(MODULES[old])
    public = [name for name in vars(now) if not name.startswith("_")]
    assert public
    assert all(getattr(found, name) is getattr(now, name) for name in public)


def test_a_name_that_a_moved_module_never_had_is_an_import_error():
    code = "import warnings; warnings.simplefilter('ignore')\nimport optbench\nfrom optbench.parameters import nothing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: cannot import name 'nothing' from 'optbench.parameters'" in done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("optbench.schedules.cosine", "optbench.schedules.cosine.cosine"),
        ("optbench.regularizers.l2", "optbench.regularizers.l2.l2"),
        ("optbench.tuning.sobol", "optbench.study.tuning.sobol"),
    ],
)
def test_a_moved_target_is_the_same_node_as_the_new_one(old, new):
    with pytest.warns(MovedWarning, match=f"`_target_: {old}` has moved. Write {new} instead."):
        node = check({"_target_": old}, "part")
    assert node == check({"_target_": new}, "part")
    assert make(node)


@pytest.mark.parametrize("target", ["optbench.schedules.cosine.cosine", "optbench.schedules.base.scheduled", "mine.f"])
def test_other_paths_stay(target):
    assert current_path(target) == target


def test_a_users_yaml_with_an_old_target_trains_as_the_new_one_after_one_line(tmp_path):
    (tmp_path / "conf" / "schedule").mkdir(parents=True)
    (tmp_path / "conf" / "schedule" / "mine.yaml").write_text(
        "_target_: optbench.schedules.cosine\nfinal_factor: 0.0\n"
    )
    done = optbench_fork(
        *("-m", "schedule=mine,cosine", "steps=2", "seeds=1", "timing=false", "dataset=iris", "name=moved"),
        *("--config-dir", "conf"),
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "optbench: `_target_: optbench.schedules.cosine` has moved. Write optbench.schedules.cosine.cosine instead."
    ]
    assert "Asked for by more than one job, trained and shown once: 1 run." in done.stdout  # both have one id
