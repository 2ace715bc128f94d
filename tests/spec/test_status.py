"""The statuses of runs, and what follows from each of them."""

import pandas as pd
import pytest

from optbench.spec.status import FINISHED, WITHOUT_RESULT, RunStatus
from optbench.study.outcome import exit_code


def test_a_status_is_its_text():
    column = pd.Series(["done", "pruned"])
    assert (column == RunStatus.DONE).tolist() == [True, False]
    assert [str(status) for status in RunStatus] == ["done", "diverged", "failed", "interrupted", "pruned"]


def test_a_run_with_a_result_is_not_one_without():
    assert set(FINISHED) & set(WITHOUT_RESULT) == set()


@pytest.mark.parametrize("status", list(RunStatus))
def test_only_runs_that_failed_or_were_interrupted_make_an_exit_code_of_one(status):
    statuses = pd.Series(["done", status.value])
    assert exit_code(statuses, interrupted=False) == int(status in (RunStatus.FAILED, RunStatus.INTERRUPTED))
    assert exit_code(statuses, interrupted=True) == 130
