"""The contracts of losses and metrics: ours keep them, and each planted fault breaks the check that is about it."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import ConfigError
from optbench.lab.conformance.checks import Violation
from optbench.lab.conformance.losses import LOSS_CHECKS, loss_subject
from optbench.lab.conformance.metrics import METRIC_CHECKS, metric_subject
from tests.commands import optbench_command
from tests.conftest import stems

MEMORY = []
LOSSES = ["auto", "cross_entropy", "binary_cross_entropy", "focal", "mse", "mae", "huber", "asymmetric"]
LOSSES += ["reconstruction", "vae"]


def sums_the_batch(y_true, y_pred):
    return tf.reduce_sum((y_true - y_pred) ** 2)


def centers_the_batch(y_true, y_pred):
    return tf.reduce_mean((y_true - y_pred + tf.reduce_mean(y_pred)) ** 2, axis=-1)


def counts_its_calls(y_true, y_pred):
    MEMORY.append(0)
    return tf.reduce_mean((y_true - y_pred) ** 2, axis=-1) + len(MEMORY)


def takes_a_logarithm(y_true, y_pred):
    return -tf.math.log(tf.sigmoid(y_pred[:, 0])) * y_true[:, 0] + y_pred[:, 0] ** 2


def ascends(y_true, y_pred):
    return -tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def tells_no_number(y_true, y_pred):
    return "good"


def out_of_range():
    from optbench.metrics.base import SHARE, Measure, Metric

    return Metric("percent", SHARE, lambda *_: Measure(lambda o, t: 100 * tf.reduce_mean(tf.abs(o))))


def not_a_mean():
    from optbench.metrics.base import ERROR, Measure, Metric

    return Metric("total", ERROR, lambda *_: Measure(lambda o, t: tf.reduce_sum(tf.abs(o))))


def wrong_way_score(y_true, y_pred):
    return float(np.mean(np.abs(np.asarray(y_pred) - y_true))) if y_pred.shape == y_true.shape else 0.0


def remembers_score(y_true, y_pred):
    MEMORY.append(0)
    return float(len(MEMORY))


def last_error(y_true, y_pred):
    return float(np.abs(np.ravel(y_pred)[-1] - np.ravel(y_true)[-1]))


PLANTED_LOSSES = {
    "sums_the_batch": ("gives_one_number_for_each_example", "returned float32 of shape ()"),
    "centers_the_batch": ("does_not_mix_examples", "alone and in a batch, differ"),
    "counts_its_calls": ("is_pure", "at the second call, differ by 1"),
    "takes_a_logarithm": ("has_finite_gradients", "is not finite"),
    "ascends": ("is_lowest_where_all_is_right", "perfect outputs have a loss of"),
}
PLANTED_METRICS = {
    "tells_no_number": ("applies_to_some_targets", "must say which direction is better"),
    "out_of_range": ("is_in_its_range", "outside [0, 1]"),
    "wrong_way_score": ("is_best_where_all_is_right", "It says maximize"),
    "remembers_score": ("is_pure", "at the second call"),
    "last_error": ("does_not_depend_on_the_order", "in another order"),
    "not_a_mean": ("does_not_depend_on_chunks", "in chunks"),
}


def broken(checks, name, subject):
    """What the check of a name says of a subject."""
    (check,) = (c for c in checks if c.__name__ == name)
    with pytest.raises((Violation, ConfigError), match=r".") as caught:
        check(subject)
    return str(caught.value)


@pytest.mark.parametrize("fault", PLANTED_LOSSES)
def test_a_planted_fault_of_a_loss_breaks_the_check_that_is_about_it(fault):
    name, said = PLANTED_LOSSES[fault]
    assert said in broken(LOSS_CHECKS, name, loss_subject(f"{__name__}.{fault}"))


@pytest.mark.parametrize("fault", PLANTED_METRICS)
def test_a_planted_fault_of_a_metric_breaks_the_check_that_is_about_it(fault):
    name, said = PLANTED_METRICS[fault]
    assert said in broken(METRIC_CHECKS, name, metric_subject(f"{__name__}.{fault}"))


def test_every_check_has_a_planted_fault_or_is_about_both_precisions_and_lanes():
    planted = {name for name, _ in (*PLANTED_LOSSES.values(), *PLANTED_METRICS.values())}
    others = {"agrees_in_both_precisions", "works_in_lanes"}
    assert planted | others == {check.__name__ for check in (*LOSS_CHECKS, *METRIC_CHECKS)}


def test_an_operation_that_cannot_be_vectorized_breaks_the_check_about_lanes(monkeypatch):
    subject = loss_subject("mse")

    def refuse(*arguments, **options):
        raise ValueError("No pfor vectorization defined for Mine")

    monkeypatch.setattr(tf, "vectorized_map", refuse)
    assert "No pfor vectorization defined for Mine" in broken(LOSS_CHECKS, "works_in_lanes", subject)


def rounds_to_half(y_true, y_pred):
    return tf.reduce_mean(tf.cast(tf.cast(y_true - y_pred, "float16") ** 2, y_pred.dtype), axis=-1) * (
        1.0 if y_pred.dtype == tf.float64 else 1.5
    )


def test_a_value_that_depends_on_the_precision_breaks_the_check_about_it():
    said = broken(LOSS_CHECKS, "agrees_in_both_precisions", loss_subject(f"{__name__}.rounds_to_half"))
    assert "in float32 and float64, differ" in said


@pytest.mark.parametrize("name", LOSSES)
def test_our_losses_keep_the_contract(name):
    subject = loss_subject(name)
    for check in LOSS_CHECKS:
        check(subject)


@pytest.mark.parametrize("name", [name for name in stems("metric") if name != "function"])
def test_our_metrics_keep_the_contract(name):
    subject = metric_subject(name)
    for check in METRIC_CHECKS:
        check(subject)


def test_functions_classes_and_makers_are_told_apart_by_their_signature():
    assert loss_subject("tests.losses.test_function.squared").node["function"] == "tests.losses.test_function.squared"
    assert loss_subject("tests.losses.test_keras.Mine").node["class_name"] == "tests.losses.test_keras.Mine"
    assert metric_subject("optbench.metrics.auc.auc").metric.name == "auc"
    with pytest.raises(ConfigError, match=r"^`metric=f1_micro` does not exist\. Did you mean `f1_macro`\?"):
        metric_subject("f1_micro")
    with pytest.raises(ConfigError, match=r"^`loss=msee` does not exist\. Did you mean `mse`\?"):
        loss_subject("msee")


def test_the_command_examines_a_loss_and_a_metric(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import tensorflow as tf\n"
        "def f(y_true, y_pred):\n    return tf.reduce_mean((y_true - y_pred) ** 4, axis=-1)\n"
        "def my_error(y_true, y_pred):\n    return abs(y_true - y_pred).max()\n"
    )
    done = optbench_command("loss=mine.f", "metric=mine.my_error", cwd=tmp_path, module="optbench.conformance")
    assert "7 of 7 checks pass." in done.stdout, done.stdout + done.stderr
    assert "6 of 6 checks pass." in done.stdout
    assert done.returncode == 0
