"""A pytest fixture for testing an optimizer in another repository.

def test_my_optimizer(optbench):
    optbench.assert_no_regression("my_package.rules.mine")
    optbench.assert_same_rule("my_package.rules.my_adam", "adam")
    optbench.assert_converges("my_package.rules.mine", on="rosenbrock")

Heavy modules are imported when the fixture is used.
"""

from pathlib import Path

import pytest


class Gate:
    """The learning gate, for a test."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def assert_no_regression(
        self, rule: str, baseline: str | Path = "tests/baselines/learning.parquet", seeds: int | None = None
    ) -> None:
        """Fail unless ``rule`` learns as well as its baseline.

        Args:
            rule: a dotted path, used with the defaults of its signature; a YAML file; or a name in ``conf/optimizer``.
            baseline: the file of accepted results, relative to the root of the tests.
            seeds: the number of runs on each problem; None for 8.

        Raises:
            AssertionError: it learns worse, or the outcome is unclear. The message says what to do.
        """
        from optbench.lab.gates.assertion import find_regression

        regression = find_regression(rule, self._root / baseline, seeds)
        if regression:
            pytest.fail(regression, pytrace=False)

    def assert_same_rule(self, rule: str, other: str) -> None:
        """Fail unless ``rule`` makes the same updates as ``other``, up to rounding.

        Both are run along five trajectories in float32 and float64, with the hyperparameters of their signatures or
        YAML files.

        Args:
            rule: a dotted path, a YAML file, or a name of ``conf/optimizer``.
            other: the expected rule, in one of the same forms.

        Raises:
            AssertionError: they differ. The message names the first step of each trajectory at which they do.
        """
        from optbench.lab.gates.assertion import find_difference

        difference = find_difference(rule, other)
        if difference:
            pytest.fail(difference, pytrace=False)

    def assert_converges(self, rule: str, on: str) -> None:
        """Fail unless ``rule`` reaches the target of a small problem with each of five seeds.

        Args:
            rule: a dotted path, a YAML file, or a name of ``conf/optimizer``.
            on: ``iris_softmax``, ``digits_mlp``, ``noisy_sum_linear``, ``quadratic`` or ``rosenbrock``.

        Raises:
            AssertionError: a run does not reach the target. The message says how far it is.
        """
        from optbench.lab.gates.assertion import find_failure_to_converge

        failure = find_failure_to_converge(rule, on)
        if failure:
            pytest.fail(failure, pytrace=False)


@pytest.fixture(scope="session")
def optbench(pytestconfig: pytest.Config) -> Gate:
    """The gates of optbench: ``optbench.assert_no_regression("my_package.rules.mine")``."""
    return Gate(pytestconfig.rootpath)
