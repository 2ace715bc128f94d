"""Rules called directly, without the engine: precision of Python numbers, and parameters that no rule takes."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import RuleError
from optbench.lab.streams import GATE_STREAMS, Stream
from optbench.lab.trajectories import rule_updates
from optbench.optimizers.rmsprop import rmsprop
from optbench.optimizers.sgd import sgd
from optbench.schedules.base import apply_schedule
from tests.conftest import stems
from tests.optimizers.examination import largest_difference, module_of, subject

OWN = [rule for rule in stems("optimizer") if rule != "keras"]
DETERMINED = [rule for rule in OWN if rule != "soap"]  # whose bases the first gradients leave undetermined
STEPS = 4
NOT_TAKEN = {
    "half precision": ([tf.ones([2, 2], tf.bfloat16)], "Parameter 0 must be float32 or float64. Received: bfloat16."),
    "complex": ([tf.ones([2, 2], tf.complex64)], "Parameter 0 must be float32 or float64. Received: complex64."),
    "two dtypes": ([tf.ones([2]), tf.ones([2], tf.float64)], "must have one dtype. Received: float32 and float64 (par"),
    "no parameters": ([], "An optimizer needs at least one parameter. Received: an empty list."),
    "no rows": ([tf.ones([0, 3])], "Parameter 0 must have elements. Received: the shape (0, 3)."),
}


@pytest.mark.parametrize("rule", DETERMINED)
def test_in_float64_python_numbers_keep_their_precision(rule):
    """With the numbers of the YAML file as they are, not rounded to float32."""
    examined = subject(rule)
    params, grads = GATE_STREAMS["normal"].params, GATE_STREAMS["normal"].grads[:STEPS]
    ours = list(zip(*rule_updates(examined.rule(), Stream(params, grads), "float64"), strict=True))
    theirs = module_of(rule).oracle(grads, params, **examined.structure, **examined.numbers)
    assert largest_difference(ours, theirs) < 1e-9


@pytest.mark.parametrize("rule", OWN)
@pytest.mark.parametrize("case", NOT_TAKEN)
def test_what_no_rule_takes_is_refused_in_one_sentence(rule, case):
    params, message = NOT_TAKEN[case]
    made = subject(rule).rule()
    extra = {"loss": 1.0} if "loss" in made.needs else {}
    with pytest.raises(RuleError) as caught:
        made.update([tf.ones_like(p) for p in params], made.init(params), params, **extra)
    assert message in str(caught.value)


def test_a_schedule_of_a_python_number_works_in_both_precisions():
    rate = apply_schedule(0.1, lambda step, total: tf.constant(0.5), 10)
    for dtype in (tf.float32, tf.float64):
        params = [tf.ones([2], dtype)]
        (update,), _ = sgd(rate).update(params, sgd(rate).init(params), params)
        np.testing.assert_allclose(update, [-0.05] * 2, rtol=1e-6)
        assert update.dtype == dtype
        assert rmsprop(rate).update(params, rmsprop(rate).init(params), params)[0][0].dtype == dtype
