"""The time that training took, a tenth of which may be spent on timing steps."""

import pandas as pd
import pytest

from optbench.study.step_timing import training_s


@pytest.mark.parametrize(("workers", "seconds"), [(1, 12.0), (4, 3.0)])
def test_shards_that_are_trained_at_once_count_once(workers, seconds):
    two_shards = pd.DataFrame({"train_s": [8.0, 8.0, 4.0], "shared_by": [2, 2, 1]})  # of two runs, and of one
    assert training_s(two_shards, workers) == seconds
