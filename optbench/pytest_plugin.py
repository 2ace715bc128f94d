"""A fixture for the tests of people who have an optimizer of their own.

def test_my_optimizer(optbench):
    optbench.assert_no_regression("my_package.rules.mine")

Nothing heavy is imported before the fixture is used.
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
        """Fail unless ``rule`` learns what the baseline says it learned.

        Args:
            rule: a dotted path, its numbers the defaults of its signature; a yaml; or a stem of ``conf/optimizer``.
            baseline: accepted numbers, relative to the root of the tests.
            seeds: how many runs on each problem; as many as were accepted where not given.

        Raises:
            AssertionError: it learns worse, or that cannot be told; the text says what to do.
        """
        from optbench.lab.gates.assertion import complaint

        said = complaint(rule, self._root / baseline, seeds)
        if said:
            pytest.fail(said, pytrace=False)


@pytest.fixture(scope="session")
def optbench(pytestconfig: pytest.Config) -> Gate:
    """The gates of optbench: ``optbench.assert_no_regression("my_package.rules.mine")``."""
    return Gate(pytestconfig.rootpath)
