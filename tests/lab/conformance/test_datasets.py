"""The contract of data sets: ours keep it, and each planted fault breaks the check that is about it."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check
from optbench.datasets.base import Dataset, Split
from optbench.errors import ConfigError
from optbench.lab.conformance.checks import Violation
from optbench.lab.conformance.datasets import DATASET_CHECKS, DatasetSubject, dataset_subject
from optbench.problem.built import CONTEXT
from tests.commands import optbench_command
from tests.conftest import dataset_node

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = (np.arange(60) % 3).astype(np.int32)
COUNTER = itertools.count()
GOOD = Dataset(Split(X[:40], Y[:40]), Split(X[40:50], Y[40:50]), Split(X[50:], Y[50:]), "good", "classification", 3)


def replaced(**values):
    """The good data set with something else."""
    return lambda: GOOD._replace(**values)


def with_a_gap():
    x = X[:40].copy()
    x[3, 2] = np.nan
    return GOOD._replace(train=Split(x, Y[:40]))


PLANTED = {
    "too few labels": (replaced(train=Split(X[:40], Y[:30])), "has_arrays_that_fit", "40 examples in x and 30"),
    "labels from 1": (replaced(train=Split(X[:40], Y[:40] + 1)), "has_labels_in_range", "Received: int32 from 1 to 3"),
    "a gap": (with_a_gap, "has_finite_numbers", "column 2 of `x` has 1 missing value"),
    "a class that is missing": (
        replaced(train=Split(X[:40], Y[:40] % 2)), "trains_on_each_class", "No training example has the class 2."
    ),
    "numbers drawn each time": (
        lambda: GOOD._replace(train=Split(X[:40] + next(COUNTER), Y[:40])), "is_made_the_same_again", "The digest of"
    ),
    "the global generator": (
        lambda: GOOD._replace(train=Split(np.random.normal(size=(40, 4)).astype(np.float32), Y[:40])),  # noqa: NPY002
        "is_made_the_same_again", "The digest of",
    ),
    "copies": (replaced(test=Split(X[:10], Y[:10])), "has_disjoint_splits", "100% of the examples in test are"),
    "a batch that is summed": (
        replaced(prepare=lambda x, dtype: tf.reduce_sum(x, axis=0)), "prepares_batches", "is prepared to 4."
    ),
    "a division by zero": (replaced(prepare=lambda x, dtype: x / 0), "prepares_batches", "not finite, in float32"),
    "float32 alone": (
        replaced(prepare=lambda x, dtype: tf.cast(x, "float32")), "prepares_batches", "but float64 is requested"
    ),
}  # fmt: skip
MAKERS = {name: make for name, (make, _, _) in PLANTED.items()}


def planted(fault: str):
    """A data set with a fault, as a target of a configuration."""
    return MAKERS[fault]()


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_breaks_the_check_that_is_about_it(fault):
    _, broken, said = PLANTED[fault]
    subject = DatasetSubject({"_target_": f"{__name__}.planted", "fault": fault})
    (check_of,) = (c for c in DATASET_CHECKS if c.__name__ == broken)
    with pytest.raises(Violation, match=r".") as caught:
        check_of(subject)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["iris", "noisy_sum", "text", "none", "table", "images", "series", "function"])
def test_ours_keep_the_contract(name, stand_ins):
    subject = DatasetSubject(check(dataset_node(name, stand_ins), "dataset", CONTEXT["dataset"]))
    for check_of in DATASET_CHECKS:
        check_of(subject)


def test_a_data_set_is_named_by_its_item_a_dotted_path_or_a_file(tmp_path):
    assert dataset_subject("digits").dataset.name == "digits"
    assert dataset_subject("tests.datasets.made_up_data.points").dataset.train.examples == 36
    (tmp_path / "mine.yaml").write_text("_target_: optbench.datasets.iris.iris\nvalid_fraction: 0.3\n")
    assert dataset_subject(str(tmp_path / "mine.yaml")).dataset.valid.examples == 45
    with pytest.raises(ConfigError, match=r"^`dataset=digit` does not exist\. Did you mean `digits`\?"):
        dataset_subject("digit")


def test_the_command_examines_a_data_set(tmp_path):
    (tmp_path / "my_data.py").write_text(
        "import numpy as np\ndef load():\n    return np.ones((40, 2)), np.arange(40) % 2\n"
    )
    done = optbench_command("dataset=my_data.load", cwd=tmp_path, module="optbench.conformance")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 of 7 checks pass." in done.stdout
    (tmp_path / "my_data.py").write_text("def load():\n    raise OSError('gone')\n")
    done = optbench_command("dataset=my_data.load", cwd=tmp_path, module="optbench.conformance")
    assert done.returncode == 1
    assert "raised OSError: gone at my_data.py, line 2" in " ".join(done.stdout.split())
