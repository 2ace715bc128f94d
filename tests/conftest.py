"""Shared by tests: the configuration as a user has it, and small studies."""

import gc
import json
import os
import shutil
import subprocess
import tarfile
from collections import OrderedDict
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from hydra.core.global_hydra import GlobalHydra

from optbench.config.build import check, make
from optbench.random.streams import stream
from optbench.runtime.machine import cores
from optbench.runtime.tensorflow_import import import_tensorflow
from optbench.spec.labels import rule_name
from optbench.spec.run import PROBLEM_GROUPS, SETTING_GROUPS, Budget, ProblemConfig, Setting
from tests.commands import Done, optbench_fork
from tests.programs import KNOWN, shared_programs
from tests.shared import made_once

ROOT = Path(__file__).resolve().parent.parent
CONF = ROOT / "conf"
OF_THE_ENGINE = {  # folders whose tests compare programs with each other, with plain loops and with earlier ones
    *("benchmarks", "diagnostics", "models", "optimizers", "problem", "random", "regularizers", "sweep", "training"),
    "wrappers",
}
REAL_DATA = os.environ.get("OPTBENCH_TEST_DATA")  # a folder of real data sets, or none
STAND_INS = {  # of each published data set: training images, test images, shape of one, classes
    "mnist": (600, 100, (28, 28), 10),
    "fashion_mnist": (600, 100, (28, 28), 10),
    "cifar10": (600, 100, (32, 32, 3), 10),
    "cifar100": (1500, 200, (32, 32, 3), 100),
}
FILES = {  # what a data set cannot be built without: files among the stand-ins
    "text": {"path": "text.txt"},
    "passages": {"paths": ["text.txt", "other.txt"]},
    "table": {"path": "table.csv"},
    "arrays": {"path": "arrays.npz"},
    "images": {"path": "images"},
    "series": {"path": "series.csv"},
}
VALUES = {  # and values
    "table": {"target": "label"},
    "images": {"size": [8, 8]},
    "series": {"target": "load"},
    "function": {"load": "tests.datasets.made_up_data.points"},
}


def pytest_report_header():
    """Say on which data the tests stand."""
    return (
        f"published data sets: generated stand-ins, and {REAL_DATA or 'no real ones (OPTBENCH_TEST_DATA is not set)'}"
    )


def pytest_configure(config):
    """Import TensorFlow in each process that runs tests, quietly and before any of them does."""
    only_hands_out_tests = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if not only_hands_out_tests:
        gc.disable()  # until the tests are collected: nearly all that is imported stays
        import_tensorflow()


def pytest_xdist_auto_num_workers(config):
    """A process for each core. Another would keep cores busy while tests wait, but compile all programs once more."""
    return cores()


def pytest_collection_finish(session):
    """Look less often for garbage, and never again at TensorFlow and the tests: tracing makes many objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000)
    gc.enable()


def stand_in(name):
    """Random images with labels, as arrays by the names that an ``.npz`` has."""
    *sizes, image, classes = STAND_INS[name]
    generator, arrays = stream("stand-in", name), {}
    for part, size in zip(("train", "test"), sizes, strict=True):
        arrays[f"x_{part}"] = generator.integers(0, 256, (size, *image), np.uint8)
        arrays[f"y_{part}"] = generator.permutation(np.arange(size, dtype=np.uint8) % classes)
    return arrays


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory):
    """A ``data_dir`` with a small generated file in place of each published one, and a text."""
    from tests.datasets.user_files import write_user_files

    folder = tmp_path_factory.mktemp("stand-ins")
    for name in STAND_INS:
        np.savez(folder / f"{name}.npz", **stand_in(name))
    (folder / "text.txt").write_text("Größer als zwölf Boxkämpfer?\n" * 200, encoding="utf8")
    (folder / "other.txt").write_text("Quis, quid, ubi, quibus auxiliis?\n" * 200, encoding="utf8")
    write_user_files(folder)
    return folder


def dataset_node(name, folder, **values):
    """A data set's node as its yaml has it, with the files that it needs from among the stand-ins in ``folder``."""

    def there(file):
        return str(folder / file) if isinstance(file, str) else [there(each) for each in file]

    files = {key: there(file) for key, file in FILES.get(name, {}).items()}
    return raw_node("dataset", name, **{**VALUES.get(name, {}), **files, **values})


def build_dataset(name, folder, **values):
    """A data set, on the stand-ins in ``folder`` where it is a published one."""
    from optbench.problem.built import CONTEXT

    node = check(dataset_node(name, folder, **values), "dataset", CONTEXT["dataset"])
    return make(node, data_dir=str(folder))


def stems(group):
    """The choices of a conf group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def raw_node(group, stem, **values):
    """A node as the yaml has it, with ``values`` in place of its own."""
    return {**deepcopy(read_node(group, stem)), **values}


@cache
def read_node(group, stem):
    """A node as the yaml has it: thousands of tests need one, and no test changes the files."""
    return yaml.safe_load((CONF / group / f"{stem}.yaml").read_text())


def make_problem(dataset="digits", model="mlp", loss="cross_entropy", nodes=None, **values):
    """A problem as configuration: 2 epochs of batches of 32, unless ``values`` say otherwise.

    ``nodes`` holds values inside the nodes, by group: ``nodes={"model": {"hidden": [8]}}``.
    """
    from optbench.problem.built import check_problem_nodes

    names = {"dataset": dataset, "model": model, "loss": loss, "regularizer": "none"}
    checked = check_problem_nodes({g: raw_node(g, names[g], **(nodes or {}).get(g, {})) for g in PROBLEM_GROUPS})
    epochs = 0 if "steps" in values else values.pop("epochs", 2)
    budget = Budget(epochs, values.pop("steps", None), values.pop("points", 100))
    rest = {"batch_size": 32, "order": "reshuffle", "precision": "float32"} | values
    return ProblemConfig(**checked, **rest, budget=budget, names=names)


def make_setting(optimizer="sgd", **values):
    """A setting with a constant schedule."""
    names = {"optimizer": optimizer, "schedule": "constant"}
    nodes = {"optimizer": raw_node("optimizer", optimizer, **values), "schedule": raw_node("schedule", "constant")}
    checked = {group: check(nodes[group], group) for group in SETTING_GROUPS}
    names["optimizer"] = rule_name(optimizer, checked["optimizer"])
    return Setting(**checked, names=names)


@pytest.fixture(scope="session")
def demo(tmp_path_factory, worker_id):
    """The demo's study, run once as a user runs it: the finished process and a copy of its folder."""

    def run(folder):
        (folder / "study").mkdir()
        done = optbench_fork("-m", "optimizer=sgd,adam,rmsprop", "name=demo", cwd=folder / "study")
        (folder / "done.json").write_text(json.dumps(done))

    shared, folder = made_once(tmp_path_factory, worker_id, "demo", run), tmp_path_factory.mktemp("demo")
    shutil.copytree(shared / "study", folder, dirs_exist_ok=True)
    return Done(*json.loads((shared / "done.json").read_text())), folder


@pytest.fixture(autouse=True)
def without_hydra():
    """Each test starts without the state that Hydra keeps for a process, whatever ran before it."""
    GlobalHydra.instance().clear()


@pytest.fixture
def drawn_reports():
    """For a test that looks at the report of a study; other tests of studies have none."""


@pytest.fixture
def reports_without_figures(drawn_reports):
    """For a test that reads the text of a report: its figures, which take longer than all the rest, are empty."""
    with empty_figures():
        yield


@contextmanager
def empty_figures():
    """Reports have empty figures meanwhile; drawing one all the same is an error."""

    def refuse(*_):
        raise AssertionError("A figure was drawn: empty_figures no longer replaces what a page draws figures with.")

    with pytest.MonkeyPatch.context() as patch:
        for user in ("contents", "render"):  # the sections, and the curve of the first screen
            patch.setattr(f"optbench.report.{user}.draw_svg", lambda drawing: "<svg></svg>")
        patch.setattr("optbench.report.svg.figure_to_svg", refuse)
        yield


@pytest.fixture(autouse=True, scope="session")
def publish_knows_the_true_report():
    """Import what keeps the function that draws a report, before a fixture of any scope replaces that function."""
    import optbench.report.publish  # noqa: F401


@pytest.fixture(autouse=True)
def without_reports(request, monkeypatch):
    """Studies draw no report, which costs more than training them, where the test does not look at it.

    Fixtures of a wider scope than a test, commands in a process of their own and the tests of reports have theirs.
    """
    about_reports = {"report", "benchmarks"} & set(request.path.relative_to(ROOT / "tests").parts)
    if not about_reports and "drawn_reports" not in request.fixturenames:
        monkeypatch.setattr(
            "optbench.report.page.build_report", lambda result, store, reports, *_: reports / "index.html"
        )


@pytest.fixture(autouse=True, scope="module")
def programs_of_studies(request):
    """Studies use programs that other studies have compiled, except in the tests of what makes programs."""
    if OF_THE_ENGINE & set(request.path.relative_to(ROOT / "tests").parts):
        yield
    else:
        with shared_programs(KNOWN):
            yield


@pytest.fixture(autouse=True, scope="module")
def without_step_times(request):
    """Studies time no steps, which takes a program of one lane for each setting, except where times are looked at.

    tests/training/test_clock.py and the study of the demo, which is a process of its own, have times.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not {"benchmarks", "report", "sweep", "training"} & set(request.path.relative_to(ROOT / "tests").parts):
            patch.setattr("optbench.study.study.time_steps", lambda *_: [])
        yield


@pytest.fixture(scope="module")
def programs_of_the_module():
    """For the tests of a file that train one program again and again: it is compiled once."""
    with shared_programs(OrderedDict()):
        yield


@pytest.fixture(scope="session")
def chromium():
    """The path of Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None and os.environ.get("OPTBENCH_NEEDS_CHROMIUM") == "1":
        pytest.fail("Chromium is not installed, and OPTBENCH_NEEDS_CHROMIUM=1 says it must be.")
    if path is None:
        pytest.skip("Chromium is not installed, so no page can be opened (Debian: apt-get install chromium)")
    return path


AXE = "axe-core@4.11.0"  # fetched for a test, never committed


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The source of the accessibility checker, from npm."""
    folder, npm = tmp_path_factory.mktemp("axe"), shutil.which("npm")
    fetch = [npm or "npm", "pack", "--silent", AXE]
    done = npm and subprocess.run(fetch, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if done and done.returncode == 0:
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            return archive.extractfile("package/axe.min.js").read().decode()
    why = f"npm cannot fetch it: {done.stderr.strip()[:200]}" if done else "npm is not installed"
    if os.environ.get("OPTBENCH_NEEDS_AXE") == "1":
        pytest.fail(f"{AXE} is not here ({why}), and OPTBENCH_NEEDS_AXE=1 says it must be.")
    pytest.skip(f"{AXE} is not here ({why}), so accessibility cannot be checked (Debian: apt-get install npm)")
