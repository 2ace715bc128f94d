"""The proof of the time gate's power: slowed rules compute Adam's numbers, and shares are those of the gate."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tests.time_power import slowed
from tests.time_power.recording import subjects
from tests.time_power.resampling import format_table, shares, table_of

NOISY, CALM = 0.2, 0.002


@pytest.mark.parametrize("name", ["update_3", "step_25"])
def test_a_slowed_rule_makes_the_updates_of_adam(name):
    params = [tf.constant(np.random.default_rng(0).normal(size=shape), tf.float32) for shape in ((50, 4), (3,))]
    found = []
    for rule in (slowed.plain(), getattr(slowed, name)()):
        updates, _ = rule.update([0.1 * p for p in params], rule.init(params), params)
        found.append(updates)
    for plain, other in zip(*found, strict=True):
        np.testing.assert_array_equal(plain, other)


def test_another_name_is_no_rule():
    with pytest.raises(AttributeError):
        _ = slowed.update_4


def test_subjects_are_of_both_kinds_and_of_all_sizes():
    assert len(subjects()) == 2 * (3 + 5)
    assert {subject.base for subject in subjects(["soap"])} == {"soap"}


def pairs_of(ratio, noise, count=40):
    """Recorded pairs of a rule that takes ``ratio`` times as long, whose times vary by ``noise``."""
    vary = np.exp(np.random.default_rng(1).normal(0.0, noise, size=(count, 3)))
    return pd.DataFrame(vary * [1.0, 1.0, ratio], columns=["base_s", "again_s", "head_s"])


@pytest.mark.parametrize(
    ("ratio", "noise", "worse", "unclear"), [(1.0, CALM, 0, 0), (1.25, CALM, 1, 0), (1.25, NOISY, 0, 1)]
)
def test_shares_are_those_of_the_gate(ratio, noise, worse, unclear):
    found = shares(pairs_of(ratio, noise), np.random.default_rng(2), draws=50)
    assert found["worse"] == pytest.approx(worse, abs=0.1)
    assert found["unclear"] == pytest.approx(unclear, abs=0.1)


def test_a_table_has_a_row_for_each_subject_and_load(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.time_power.resampling.REDRAWS", 3)
    rows = pd.concat(
        pairs_of(1 + percent / 100, CALM, 8).assign(busy=busy, kind="update", base="adam", percent=percent, took_s=6.0)
        for busy in (False, True)
        for percent in (0, 12)
    )
    rows.to_csv(tmp_path / "pairs.csv", index=False)
    table = table_of(tmp_path / "pairs.csv")
    assert list(table["slower"]) == [0, 1, 0, 1]
    assert list(table["measured"].round()) == [0, 12, 0, 12]
    assert format_table(table).splitlines()[3] == (
        "| calm | update[adam] | 12 % | +12.1 % | 8 | 0.5 | 100% (100%) | 0% (0%) |"
    )
