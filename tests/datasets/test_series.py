"""Users' series: windows, their targets, and no row in two splits."""

import numpy as np
import pandas as pd
import pytest

from optbench.datasets.series import windows_from_frame
from optbench.datasets.user_options import UserSplit, UserSubset
from tests.conftest import build_dataset
from tests.datasets.user_files import series_frame


def windows(frame, target="value", time=None, window=5, horizon=1, standardize=False, **values):
    options = {"task": "regression", "features": None, "split": UserSplit(), "subset": UserSubset(), **values}
    return windows_from_frame(frame, target, time, window, horizon, standardize=standardize, **options)


COUNTED = pd.DataFrame({"value": np.arange(100.0) * 2})


@pytest.mark.parametrize(("window", "horizon"), [(5, 1), (1, 1), (4, 3)])
def test_the_target_is_as_many_rows_after_its_window_as_the_horizon_says(window, horizon):
    data = windows(COUNTED, window=window, horizon=horizon)
    for split in data.splits.values():
        assert split.x.shape[1:] == (window, 1)
        np.testing.assert_array_equal(np.diff(split.x[..., 0], axis=1), 2)
        np.testing.assert_array_equal(split.y[:, 0], split.x[:, -1, 0] + 2 * horizon)


def test_no_row_is_in_two_splits_and_time_orders_them():
    data = windows(COUNTED)
    ends = {name: (split.x.min(), split.y.max()) for name, split in data.splits.items()}
    assert ends == {"train": (0, 118), "valid": (120, 158), "test": (160, 198)}
    assert [split.examples for split in data.splits.values()] == [55, 15, 15]


def test_rows_are_ordered_by_their_time():
    times = pd.date_range("2024-01-01", periods=100, freq="h").astype(str)
    shuffled = COUNTED.assign(time=times).sample(frac=1, random_state=0)
    data = windows(shuffled, time="time")
    np.testing.assert_array_equal(data.train.x, windows(COUNTED).train.x)


def test_the_training_rows_alone_standardize():
    data = windows(COUNTED.assign(other=np.sin(np.arange(100))), standardize=True)
    assert data.target_offset[0] == pytest.approx(COUNTED["value"][5:60].mean())
    first = data.train.x[:, 0, 0]
    rows = COUNTED["value"][:60]
    np.testing.assert_allclose(first, ((rows - rows.mean()) / rows.std(ddof=0))[:55], rtol=1e-5)


def test_classes_can_be_predicted_and_their_past_is_no_input():
    frame = pd.DataFrame({"x": np.sin(np.arange(100)), "state": np.where(np.arange(100) % 4 > 1, "up", "down")})
    data = windows(frame, target="state", task="auto")
    assert (data.kind, data.class_names, data.train.x.shape[2]) == ("classification", ("down", "up"), 1)


def test_the_file_of_a_series(stand_ins):
    data = build_dataset("series", stand_ins, time="time", window=24)
    assert data.train.x.shape == (180 - 24, 24, 2)
    assert data.target_names == ("load",)
    assert len(series_frame()) == 300
