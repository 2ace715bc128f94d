"""Users' tables: files of every format, the conversion of columns, and the assignment of rows to splits."""

import gzip

import numpy as np
import pandas as pd
import pytest

from optbench.datasets.user_data import from_frame
from optbench.datasets.user_options import Columns, UserSplit
from tests.conftest import build_dataset
from tests.datasets.user_files import CITIES, table_frame

FRAME = table_frame()


def build(folder, **values):
    return build_dataset("table", folder, **{"path": str(folder / "table.csv"), "target": "label", **values})


def column(data, name):
    """A feature in all splits, by the row of each example in the table."""
    return np.concatenate([s.x[:, data.feature_names.index(name)] for s in data.splits.values()])


def write(folder, text, name="table.csv", encoding="utf-8"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return folder


FORMS = {
    "commas": FRAME.to_csv(index=False).encode(),
    "semicolons": FRAME.to_csv(index=False, sep=";").encode(),
    "tabs": FRAME.to_csv(index=False, sep="\t").encode(),
    "bars": FRAME.to_csv(index=False, sep="|").encode(),
    "blanks after commas": FRAME.to_csv(index=False).replace(",", ", ").encode(),
    "question marks": FRAME.to_csv(index=False, na_rep="?").encode(),
    "a byte order mark": FRAME.to_csv(index=False).encode("utf-8-sig"),
    "UTF-16": FRAME.to_csv(index=False).encode("utf-16"),
    "gzip": gzip.compress(FRAME.to_csv(index=False).encode()),
    "lines of old Macs": FRAME.to_csv(index=False, lineterminator="\r").encode(),
    "lines of Windows": FRAME.to_csv(index=False, lineterminator="\r\n").encode(),
    "blank lines at its end": FRAME.to_csv(index=False).encode() + b"\n\n",
    "Parquet": FRAME.to_parquet(index=False),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return build(write(tmp_path_factory.mktemp("plain"), FORMS["commas"]))


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_the_same_in_every_form_of_file(form, tmp_path, plain):
    data = build(write(tmp_path, FORMS[form]))
    np.testing.assert_array_equal(data.train.x, plain.train.x)
    np.testing.assert_array_equal(data.train.y, plain.train.y)
    assert data.identity == plain.identity


def test_a_decimal_comma_and_further_texts_for_missing_values_are_read(tmp_path, plain):
    text = FRAME.to_csv(index=False, sep=";", decimal=",", na_rep="unbekannt")
    data = build(write(tmp_path, text), decimal=",", missing=["unbekannt"])
    np.testing.assert_array_equal(data.test.x, plain.test.x)


def test_a_table_without_a_header_is_read_by_position(tmp_path):
    rows = "".join(f"{i * 7 % 40},{i % 9},{i % 2}\n" for i in range(40))
    data = build(write(tmp_path, rows), target=-1)
    assert data.feature_names == ("column_0", "column_1")
    assert sum(split.examples for split in data.splits.values()) == 40


def test_numbers_are_standardized_and_filled_with_the_training_split_alone():
    data = from_frame(FRAME, "label", columns=Columns(drop=["since"]))
    ages = pd.DataFrame({"x": column(data, "age"), "missing": column(data, "missingindicator_age")})
    train = data.train.x[:, data.feature_names.index("age")]
    assert train.mean() == pytest.approx(0, abs=1e-6)
    assert train.std() == pytest.approx(1, abs=1e-6)
    assert ages["missing"].sum() == 12
    filled = ages.loc[ages["missing"] == 1, "x"]
    assert filled.nunique() == 1
    of_train = train[data.train.x[:, data.feature_names.index("missingindicator_age")] == 0]
    median = np.median(of_train)
    assert filled.iloc[0] == pytest.approx(median, abs=0.05)


def test_the_other_splits_have_no_part_in_the_transformation():
    changed = FRAME.assign(part="train")
    changed.loc[80:, "part"], changed.loc[100:, "part"] = "valid", "test"
    columns = Columns(split_column="part")
    first = from_frame(changed, "label", columns=columns)
    changed.loc[80:, "income"] *= 1000
    changed.loc[80:, "city"] = "Dresden"
    other = from_frame(changed, "label", columns=columns)
    np.testing.assert_array_equal(first.train.x, other.train.x)
    assert first.feature_names == other.feature_names
    cities = [i for i, n in enumerate(other.feature_names) if n.startswith("city")]
    assert not other.test.x[:, cities].any()


def test_categories_are_one_hot_and_a_missing_one_is_a_category():
    data = from_frame(FRAME, "label")
    names = [n for n in data.feature_names if n.startswith("city")]
    assert names == ["city_(missing)", *(f"city_{city}" for city in CITIES)]
    total = sum(column(data, name) for name in names)
    np.testing.assert_array_equal(total, 1)
    assert column(data, "city_(missing)").sum() == 8


def test_categories_as_ids_are_inputs_of_their_own():
    data = from_frame(FRAME, "label", columns=Columns(categories="ids", drop=["since"]))
    assert list(data.train.x) == ["numbers", "city"]
    assert data.train.x["city"].dtype == np.int32
    assert data.ids == (("city", 5),)
    assert set(data.train.x["city"]) == {1, 2, 3, 4}
    assert data.prepare(data.train.x, "float32")["city"].dtype == np.int32


def test_the_rarest_categories_are_joined():
    frame = FRAME.assign(city=[f"city {i % 15 if i < 60 else i % 3}" for i in range(120)])
    data = from_frame(frame, "label", columns=Columns(max_categories=4))
    names = [n for n in data.feature_names if n.startswith("city")]
    assert names == ["city_city 0", "city_city 1", "city_city 2", "city_infrequent_sklearn"]
    assert any("3 most frequent categories are kept and the others joined: `city` 15" in note for note in data.notes)


def test_a_regression_target_is_standardized_and_keeps_its_unit():
    data = from_frame(FRAME, "price")
    assert (data.kind, data.classes, data.target_names) == ("regression", 0, ("price",))
    assert [data.train.y.mean(), data.train.y.std()] == pytest.approx([0, 1], abs=1e-6)
    back = np.concatenate([s.y for s in data.splits.values()]) * data.target_scale + data.target_offset
    np.testing.assert_allclose(np.sort(back[:, 0]), np.sort(FRAME["price"]), rtol=1e-5)
    raw = from_frame(FRAME, "price", columns=Columns(standardize=False))
    assert raw.target_scale is None
    assert raw.train.y.mean() > 50


TASKS = {
    "texts": (["a", "b"] * 60, "classification", ("a", "b")),
    "booleans": ([True, False] * 60, "classification", ("False", "True")),
    "few whole numbers": ([3, 4, 8] * 40, "classification", ("3", "4", "8")),
    "whole numbers with decimals": ([1.0, 2.0] * 60, "classification", ("1", "2")),
    "many whole numbers": (list(range(120)), "regression", ()),
    "numbers with decimals": (list(np.arange(120) / 7), "regression", ()),
}


@pytest.mark.parametrize("kind", TASKS)
def test_the_task_follows_from_the_target_and_is_told(kind):
    values, task, names = TASKS[kind]
    data = from_frame(FRAME[["age", "income", "city"]].assign(y=values), "y")
    assert (data.kind, data.class_names) == (task, names)
    assert data.notes[0].startswith(f"{task.capitalize()} of column `y`")
    assert "dataset.task overrides this" in data.notes[0]


def test_the_task_can_be_overridden():
    frame = FRAME[["age", "income"]].assign(quality=[3, 4, 8] * 40)
    assert from_frame(frame, "quality", task="regression").kind == "regression"
    assert from_frame(frame, "quality", task="regression").notes[0].endswith("set by dataset.task.")


def test_several_targets_are_labels_or_numbers():
    flags = pd.DataFrame({"a": [0, 1, 1] * 40, "b": [1, 1, 0] * 40})
    labels = from_frame(FRAME[["age"]].join(flags), ["a", "b"])
    assert (labels.kind, labels.classes, labels.target_names) == ("multilabel", 0, ("a", "b"))
    assert labels.train.y.dtype == np.float32
    assert set(np.unique(labels.train.y)) == {0, 1}
    numbers = from_frame(FRAME, ["price", "income"])
    assert (numbers.kind, numbers.train.y.shape[1]) == ("regression", 2)


def test_each_class_has_its_share_in_each_split_and_the_seed_decides_the_rows():
    first, again, other = (from_frame(FRAME, "label", split=UserSplit(split_seed=seed)) for seed in (0, 0, 1))
    share = np.bincount(np.concatenate([s.y for s in first.splits.values()])) / 120
    for split in first.splits.values():
        np.testing.assert_allclose(np.bincount(split.y) / len(split.y), share, atol=1.5 / len(split.y))
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.train.x, other.train.x)


def test_a_fraction_of_zero_leaves_a_split_out():
    data = from_frame(FRAME, "label", split=UserSplit(valid_fraction=0.0))
    assert list(data.splits) == ["train", "test"]


def row_numbers(data):
    """The rows of each split, from a column that numbers them."""
    names = data.feature_names
    return {name: set(split.x[:, names.index("row")].astype(int)) for name, split in data.splits.items()}


@pytest.fixture
def numbered():
    return FRAME[["label", "income"]].assign(row=np.random.default_rng(0).permutation(120) * 2)


def test_a_group_stays_in_one_split(numbered):
    frame = numbered.assign(patient=numbered["row"] // 2 % 30)
    data = from_frame(frame, "label", columns=Columns(group_column="patient", standardize=False))
    groups = {name: {row // 2 % 30 for row in rows} for name, rows in row_numbers(data).items()}
    assert groups["train"] | groups["valid"] | groups["test"] == set(range(30))
    assert not groups["train"] & groups["valid"] | groups["train"] & groups["test"] | groups["valid"] & groups["test"]
    assert "patient" not in data.feature_names


@pytest.mark.parametrize("dates", [False, True])
def test_time_orders_the_splits(numbered, dates):
    time = numbered["row"] // 14  # seven rows have each time, and no split would end between two times by chance
    frame = numbered.assign(time=pd.Timestamp("2020-01-01") + pd.to_timedelta(time, "D") if dates else time)
    data = from_frame(frame, "label", columns=Columns(time_column="time", standardize=False))
    rows = {name: {row // 14 for row in of_split} for name, of_split in row_numbers(data).items()}
    assert max(rows["train"]) < min(rows["valid"]) <= max(rows["valid"]) < min(rows["test"])


def test_a_column_says_which_row_is_in_which_split(numbered):
    part = np.where(numbered["row"] < 120, "train", np.where(numbered["row"] < 180, "Validation", "test"))
    data = from_frame(numbered.assign(part=part), "label", columns=Columns(split_column="part", standardize=False))
    rows = row_numbers(data)
    assert {name: (min(r), max(r)) for name, r in rows.items()} == {
        "train": (0, 118), "valid": (120, 178), "test": (180, 238)
    }  # fmt: skip


NOTED = {
    "constant": ({"c": 1.0}, "Column `c` is left out: it is constant, 1."),
    "all missing": ({"c": None}, "Column `c` is left out: it has no values."),
    "counted": ({"c": range(120)}, "Column `c` is left out: nearly every row has a value of its own, as ids have."),
    "named": (
        {"name": [f"person {i}" for i in range(120)]},
        "Column `name` is left out: nearly every row has a value of its own, as ids have.",
    ),
    "numbered": (
        {"customer_id": np.random.default_rng(0).permutation(10_000)[:120]},
        "Column `customer_id` is left out: nearly every row has a value of its own, as ids have.",
    ),
    "the target": ({"copy": FRAME["label"]}, "Column `copy` is left out: it is equal to the target `label`."),
    "as good as the target": (
        {"code": (FRAME["label"] == "old").astype(int)},
        "Column `code` determines the target: if it is not known beforehand, leave it out with dataset.drop=[code].",
    ),
    "dates": (
        {"born": [f"{1 + i % 28:02}.03.19{50 + i % 50}" for i in range(120)]},
        "Column `born` holds dates, which are used as a number of days.",
    ),
    "gaps": (
        {"c": [1.5, None, 2.5] * 40},
        "Missing numbers are filled with the training median, and marked in a column of their own: `age` 12, `c` 40.",
    ),
    "wide": (
        {f"c{i}": np.arange(120) * (i + 1) % 211 % 7 for i in range(1, 125)},
        "There are more columns (127) than rows (120), so most models can fit any target.",
    ),
}


@pytest.mark.parametrize("kind", NOTED)
def test_what_is_odd_about_a_column_is_told(kind):
    values, note = NOTED[kind]
    further = pd.DataFrame(values, index=FRAME.index)
    data = from_frame(pd.concat([FRAME[["age", "income", "city", "label"]], further], axis=1), "label")
    assert note in data.notes
    assert np.isfinite(data.train.x).all()


def test_rows_without_a_target_are_left_out_and_counted():
    frame = FRAME.assign(label=FRAME["label"].where(np.arange(120) % 4 > 0))
    data = from_frame(frame, "label")
    assert sum(split.examples for split in data.splits.values()) == 90
    assert "30 of 120 rows are left out: their target is missing." in data.notes


def test_a_measurement_that_differs_in_each_row_is_no_id():
    assert "income" in from_frame(FRAME, "label").feature_names


def test_codes_with_leading_zeros_and_named_columns_are_categories():
    frame = FRAME[["income", "label"]].assign(code=["01", "02"] * 60, postal=[10115, 20095] * 60)
    data = from_frame(frame, "label", columns=Columns(categorical=["postal"]))
    assert data.feature_names == ("income", "code_01", "code_02", "postal_10115", "postal_20095")


def test_the_frame_of_a_user_is_not_changed():
    frame = table_frame()
    from_frame(frame, 0)
    pd.testing.assert_frame_equal(frame, table_frame())
