"""Hydra's own tests of launchers and sweepers, run against ours.

Their applications are not studies of optbench, which our plugins refuse (tests/cli/test_hydra_features.py). Here each
of them carries a study that calls the application's function for every job, so that the plugins do all of their own
work. Hydra runs the applications of ``IntegrationTestSuite`` in processes; here they run in this one.

Every test of the three suites applies, and all of them pass. One difference, which none of them looks at, is by
design: the function of a sweep of several jobs does not see the folder and the ``HydraConfig`` of a single job, because
all jobs are trained together. In a sweep of one job it sees both.
"""

import runpy
import sys
from types import SimpleNamespace

import hydra
import pytest
from hydra.test_utils import launcher_common_tests as suites
from hydra.test_utils.test_utils import SweepTaskFunction
from omegaconf import OmegaConf

PLUGINS = [  # launcher, and overrides of each test: the suites look for files where a job works
    ("optbench", ["hydra.job.chdir=true", "hydra/sweeper=optbench"]),
    ("basic", ["hydra.job.chdir=true", "hydra/sweeper=optbench"]),
]


class Trainer:
    """A study of an application that is not optbench."""

    def __init__(self, task):
        self.task = task

    def add(self, jobs):
        """Call the application's function for each job."""
        return [self.task(OmegaConf.create(job.config)) for job in jobs]


class Application(SweepTaskFunction):
    """An application of Hydra's tests that carries a study."""

    @property
    def study(self):
        """What our launcher asks for."""
        return Trainer(self)


@pytest.fixture(autouse=True)
def _surroundings(logging_as_it_was):
    """Hydra 1.3's behavior; afterwards the root logger and the resolvers as they were."""
    hydra.version.setbase("1.3")
    yield
    OmegaConf.clear_resolver("my_custom_resolver")


@pytest.fixture
def hydra_sweep_runner():
    """As Hydra's fixture of this name, with an application that carries a study."""

    def runner(
        calling_file, calling_module, task_function, config_path, config_name, overrides, temp_dir=None,
    ):  # fmt: skip
        found = Application()
        found.calling_file, found.calling_module, found.task_function = calling_file, calling_module, task_function
        found.config_path, found.config_name = config_path, config_name
        found.overrides, found.temp_dir = overrides or [], str(temp_dir)
        return found

    return runner


@pytest.mark.parametrize(("launcher_name", "overrides"), PLUGINS)
class TestLauncher(suites.LauncherTestSuite):
    """Jobs, their order, what is returned of them, and what is written into their folders."""


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [(launcher, [*overrides, "hydra.sweeper.max_batch_size=2"]) for launcher, overrides in PLUGINS],
)
class TestBatches(suites.BatchedSweeperTestSuite):
    """A sweep in batches."""


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"),
    [({}, ["-m", "hydra/launcher=optbench", "hydra/sweeper=optbench"])],
)
class TestIntegration(suites.IntegrationTestSuite):
    """Names and folders of jobs, as an application of one's own sees them."""


@pytest.fixture
def in_this_process(monkeypatch):
    """Have the suite's scripts run here, each with a study."""
    original = hydra.main

    def main(**options):
        """Hydra's decorator, for functions that carry a study."""

        def decorate(task):
            task.study = Trainer(task)
            return original(**options)(task)

        return decorate

    def check_call(command, env):
        """Run a script as ``subprocess.check_call`` does."""
        monkeypatch.setattr(sys, "argv", command[1:])
        runpy.run_path(command[1], run_name="__main__")

    monkeypatch.setattr(hydra, "main", main)
    monkeypatch.setattr("hydra.test_utils.test_utils.subprocess", SimpleNamespace(check_call=check_call))


def test_every_suite_that_hydra_has_is_run():
    mine = {base for case in (TestLauncher, TestBatches, TestIntegration) for base in case.__bases__}
    assert mine == {found for name, found in vars(suites).items() if name.endswith("TestSuite")}
