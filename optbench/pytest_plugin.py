"""A pytest fixture for the tests of an optimizer in a repository of its own.

def test_my_optimizer(optbench):
    optbench.assert_no_regression("my_package.rules.mine")

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
            rule: a dotted path, for the defaults of its signature; a YAML file; or a name of ``conf/optimizer``.
            baseline: the file of accepted results, relative to the root of the tests.
            seeds: how many runs on each problem; None for 8.

        Raises:
            AssertionError: it learns worse, or the outcome is unclear; the text says what to do.
        """
        from optbench.lab.gates.assertion import find_regression

        regression = find_regression(rule, self._root / baseline, seeds)
        if regression:
            pytest.fail(regression, pytrace=False)


@pytest.fixture(scope="session")
def optbench(pytestconfig: pytest.Config) -> Gate:
    """The gates of optbench: ``optbench.assert_no_regression("my_package.rules.mine")``."""
    return Gate(pytestconfig.rootpath)
