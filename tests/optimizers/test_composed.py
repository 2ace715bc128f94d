"""Two rules that share a model's parameters: weights for the one, biases and scales for the other."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import RuleError
from optbench.optimizers.adam import adam
from optbench.optimizers.base import weights_and_rest
from optbench.optimizers.sgd import sgd
from optbench.optimizers.sgdm import sgdm

BOTH = weights_and_rest(sgd(1.0), sgd(10.0))


def ones(*shapes):
    return [tf.ones(shape) for shape in shapes]


def test_each_rule_has_its_own_parameters_in_their_order():
    params = ones([2], [2, 2], [], [1, 2, 3], [3])
    updates, _ = BOTH.update(params, BOTH.init(params), params)
    assert [u.shape for u in updates] == [p.shape for p in params]
    assert [float(np.ravel(u)[0]) for u in updates] == [-10, -1, -10, -1, -10]


def test_together_they_have_one_lane_where_either_has():
    assert BOTH.lanes == "any"
    assert weights_and_rest(sgd(1.0)._replace(lanes="one"), sgd(1.0)).lanes == "one"


@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_a_rule_without_parameters_is_not_asked(shape):
    rule, params = weights_and_rest(sgdm(1.0, b=0.0), adam(0.5)), ones(shape)
    state = rule.init(params)
    (update,), after = rule.update(params, state, params)
    tf.nest.assert_same_structure(state, after)
    np.testing.assert_allclose(update, np.full(shape, -0.5 if len(shape) == 1 else -1.0), rtol=1e-6)


def test_a_missing_gradient_is_named_by_its_place_among_all():
    params = ones([2], [2, 2], [3])
    with pytest.raises(RuleError, match="Gradient 2 is None"):
        BOTH.update([params[0], params[1], None], BOTH.init(params), params)
