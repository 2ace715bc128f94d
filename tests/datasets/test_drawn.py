"""Which splits of a data set were drawn at random, and which are given by the data."""

import numpy as np
import pandas as pd
import pytest

from optbench.datasets.diabetes import diabetes
from optbench.datasets.digits import digits
from optbench.datasets.quadratic_deep import quadratic_deep
from optbench.datasets.user_data import from_any, from_arrays, from_frame
from optbench.datasets.user_options import Columns, UserSplit

X, Y = np.arange(120.0).reshape(60, 2), np.arange(60) % 2
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "group": np.arange(60) // 6, "y": Y})
SPLIT = ["train"] * 40 + ["test"] * 20


@pytest.mark.parametrize(
    ("made", "drawn"),
    [
        (digits, ("valid", "test")),
        (diabetes, ("valid", "test")),
        (quadratic_deep, ()),
        (lambda: from_arrays(X, Y), ("valid", "test")),
        (lambda: from_arrays(X, Y, split=UserSplit(test_fraction=0.0)), ("valid",)),
        (lambda: from_any({"train": (X, Y), "test": (X, Y)}), ("valid",)),
        (lambda: from_any({"train": (X, Y), "valid": (X, Y), "test": (X, Y)}), ()),
        (lambda: from_frame(FRAME, "y"), ("valid", "test")),
        (lambda: from_frame(FRAME, "y", columns=Columns(group_column="group")), ("valid", "test")),
        (lambda: from_frame(FRAME, "y", columns=Columns(time_column="a")), ()),
        (lambda: from_frame(FRAME.assign(part=SPLIT), "y", columns=Columns(split_column="part")), ("valid",)),
    ],
)
def test_splits_that_were_drawn_are_known(made, drawn):
    assert made().drawn == drawn
