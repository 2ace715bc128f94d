"""Two real published tables, or synthetic tables of the same form if they are not available.

housing.csv    a regression; commas, gaps in one column of numbers, one column of texts
adult.csv      two classes; semicolons, blanks before texts, ``?`` for missing texts
"""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from optbench.datasets.table import table
from optbench.datasets.user_options import UserSubset
from optbench.problem.built import BuiltProblems
from tests.conftest import REAL_DATA, make_problem, make_setting
from tests.training.helpers import runs_of, trained

FOLDER = Path(REAL_DATA or "nowhere").resolve() / "tables"
ROWS = 1000
OCEAN = ("<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY", "NEAR OCEAN")


def housing_stand_in():
    """Numbers of which some are missing, a text, and a price that follows from them."""
    generator = np.random.default_rng(0)
    names = ("total_rooms", "population")
    frame = pd.DataFrame({name: generator.gamma(2.0, 100.0, ROWS).round() for name in names})
    frame["total_bedrooms"] = np.where(np.arange(ROWS) % 50, (frame["total_rooms"] / 5).round(), np.nan)
    frame["median_income"] = generator.gamma(4.0, 1.0, ROWS).round(4)
    frame["median_house_value"] = (40_000 * frame["median_income"] + generator.normal(0, 20_000, ROWS)).round()
    frame["ocean_proximity"] = generator.choice(OCEAN, ROWS)
    return frame.to_csv(index=False)


def adult_stand_in():
    """Blanks after semicolons, question marks, and a class that follows from a number."""
    generator = np.random.default_rng(0)
    lines = ["age;workclass;hours-per-week;income"]
    for i in range(ROWS):
        age = int(generator.integers(17, 90))
        work = "?" if i % 20 == 0 else ("Private", "State-gov")[i % 2]
        lines.append(f"{age}; {work};{20 + i % 40}; {'>50K' if age + generator.normal(0, 10) > 60 else '<=50K'}")
    return "\n".join(lines) + "\n"


STAND_INS = {"housing": housing_stand_in, "adult": adult_stand_in}
WITHOUT = "OPTBENCH_TEST_DATA names no folder of real data; a stand-in is read instead"
SOURCES = ["stand-in", pytest.param("real", marks=pytest.mark.skipif(REAL_DATA is None, reason=WITHOUT))]


def path_of(name, source, folder):
    """The real file, or a stand-in."""
    if source == "real":
        return str(FOLDER / f"{name}.csv")
    (folder / f"{name}.csv").write_text(STAND_INS[name]())
    return str(folder / f"{name}.csv")


@pytest.mark.parametrize("source", SOURCES)
def test_housing_is_a_regression_in_dollars_with_marked_gaps(source, tmp_path):
    path = path_of("housing", source, tmp_path)
    data, frame = table(path, "median_house_value"), pd.read_csv(path)
    assert data.kind == "regression"
    assert {f"ocean_proximity_{name}" for name in OCEAN} <= set(data.feature_names)
    place = data.feature_names.index("missingindicator_total_bedrooms")
    missing = sum(split.x[:, place].sum() for split in data.splits.values())
    assert missing == frame["total_bedrooms"].isna().sum() == (207 if source == "real" else 20)
    assert sum(split.examples for split in data.splits.values()) == len(frame) == (20_640 if source == "real" else ROWS)
    dollars = data.test.y * data.target_scale + data.target_offset
    values = frame["median_house_value"]
    assert values.min() - 1 <= dollars.min() < dollars.max() <= values.max() + 1


@pytest.mark.parametrize("source", SOURCES)
def test_adult_has_two_classes_and_missing_texts_are_a_category(source, tmp_path):
    path = path_of("adult", source, tmp_path)
    data = table(path, "income")
    raw = Path(path).read_text()
    assert data.class_names == ("<=50K", ">50K")
    counts = np.bincount(np.concatenate([split.y for split in data.splits.values()]))
    assert counts.tolist() == [raw.count("; <=50K"), raw.count("; >50K")]
    place = data.feature_names.index("workclass_(missing)")
    assert "workclass_Private" in data.feature_names
    missing = sum(split.x[:, place].sum() for split in data.splits.values())
    assert missing == sum(line.split(";")[1].strip() == "?" for line in raw.splitlines())
    assert not any(name.endswith("_?") for name in data.feature_names)


def test_keras_fit_on_the_same_split_reaches_the_same_loss_within_seed_noise(tmp_path):
    path = path_of("housing", "stand-in", tmp_path)
    values = {"path": path, "target": "median_house_value", "limit": 300}
    problem = make_problem("table", "mlp", "mse", nodes={"dataset": values, "model": {"hidden": [16]}}, epochs=4)
    runs = runs_of(problem, make_setting("sgd", learning_rate=0.05), seeds=range(6))
    ours = np.array([trained_curve[-1] for trained_curve, _, _ in trained(runs).values()])
    names = list(BuiltProblems().get(problem).data.evaluated)
    valid = ours[:, names.index("valid")]
    data = table(path, "median_house_value", subset=UserSubset(limit=300))
    theirs = np.array([fit(data, seed) for seed in range(4)])
    noise = np.sqrt(valid.var(ddof=1) / len(valid) + theirs.var(ddof=1) / len(theirs))
    assert valid.mean() < 0.9
    assert abs(valid.mean() - theirs.mean()) < 4 * noise


def fit(data, seed):
    """The loss that Keras's own training reaches on the validation split."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input(data.train.x.shape[1:]), keras.layers.Dense(16, "relu", kernel_initializer="he_normal")]
    model = keras.Sequential([*layers, keras.layers.Dense(1, kernel_initializer="he_normal")])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    steps = data.train.examples // 32  # the last short batch of an epoch is left out
    model.fit(data.train.x[: steps * 32], data.train.y[: steps * 32], batch_size=32, epochs=4, verbose=0)
    return model.evaluate(data.valid.x, data.valid.y, verbose=0)
