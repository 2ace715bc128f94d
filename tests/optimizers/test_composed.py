"""Two rules that share a model's parameters: one for weights, one for biases and scales."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import RuleError
from optbench.optimizers import base
from optbench.optimizers.adam import adam
from optbench.optimizers.base import partition_params
from optbench.optimizers.sgd import sgd
from optbench.optimizers.sgdm import sgdm

BOTH = partition_params(sgd(1.0), sgd(10.0))


def ones(*shapes):
    return [tf.ones(shape) for shape in shapes]


def test_each_rule_updates_its_own_parameters_in_their_order():
    params = ones([2], [2, 2], [], [1, 2, 3], [3])
    updates, _ = BOTH.update(params, BOTH.init(params), params)
    assert [u.shape for u in updates] == [p.shape for p in params]
    assert [float(np.ravel(u)[0]) for u in updates] == [-10, -1, -10, -1, -10]


def test_the_combined_rule_has_one_lane_if_either_rule_has():
    assert BOTH.lanes == "any"
    assert partition_params(sgd(1.0)._replace(lanes="one"), sgd(1.0)).lanes == "one"


@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_a_rule_without_parameters_is_not_called(shape):
    rule, params = partition_params(sgdm(1.0, b=0.0), adam(0.5)), ones(shape)
    state = rule.init(params)
    (update,), after = rule.update(params, state, params)
    tf.nest.assert_same_structure(state, after)
    np.testing.assert_allclose(update, np.full(shape, -0.5 if len(shape) == 1 else -1.0), rtol=1e-6)


def test_a_missing_gradient_is_named_by_its_index_among_all_parameters():
    params = ones([2], [2, 2], [3])
    with pytest.raises(RuleError, match="Gradient 2 is None"):
        BOTH.update([params[0], params[1], None], BOTH.init(params), params)


def test_the_earlier_name_works_with_a_deprecation_warning():
    with pytest.warns(DeprecationWarning, match=r"weights_and_rest` is deprecated. Use `partition_params`.") as caught:
        from optbench.optimizers.base import weights_and_rest
    assert weights_and_rest is partition_params
    assert caught[0].filename == __file__
    assert not hasattr(base, "no_such_name")
