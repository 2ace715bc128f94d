"""``RuleOptimizer``: an update rule of optbench with the interface of a Keras optimizer.

    init(params)                   ──build──>   one variable per tensor of the rule's state
    update(grads, state, params)   ──apply──>   assignments to the state and to the parameters
    eval_params(state, params)     ──apply──>   Keras's moving averages, if a rule averages the parameters

The mathematics is the same as in the engine: the same functions, on the same tensors.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from optbench.config.build import check, make
from optbench.config.parameters import TARGET, Node, parameters
from optbench.errors import ConfigError
from optbench.optimizers._groups import complete_groups
from optbench.optimizers.base import Optimizer, current_params
from optbench.spec.parameter_names import describe_parameters
from optbench.spec.run import NO_GROUPS, NO_WRAPPER
from optbench.wrappers.base import compose_rule

Variable = Any
Tensor = Any
LEARNING_RATE = "learning_rate"


@keras.saving.register_keras_serializable(package="optbench")
class RuleOptimizer(keras.optimizers.Optimizer):  # type: ignore[misc]
    """An update rule, with or without wrappers, as a Keras optimizer.

    Args:
        rule: the node of the rule, with its hyperparameters; ``{"_target_": "optbench.optimizers.adan.adan"}``.
        learning_rate: a positive number or a Keras schedule. None is the rule's default.
        wrapper: the node of its wrappers.
        groups: the node of its parameter groups. The learning rate of a group keeps its ratio to that of the rule.
        **keywords: arguments of ``keras.optimizers.Optimizer``. ``weight_decay`` is that of Keras: before each step,
            the parameters shrink by the learning rate times the decay.

    Raises:
        ConfigError: a hyperparameter is invalid; or the rule needs the loss, or gradients at other parameters, which
            Keras does not pass to optimizers.
    """

    def __init__(
        self,
        rule: Mapping[str, Any],
        learning_rate: Any = None,
        wrapper: Mapping[str, Any] = NO_WRAPPER,
        groups: Mapping[str, Any] = NO_GROUPS,
        **keywords: Any,
    ) -> None:
        node = check(dict(rule), "optimizer")
        wrappers = {**NO_WRAPPER, "wrappers": [check(dict(each), "wrapper") for each in wrapper["wrappers"]]}
        rate = node.get(LEARNING_RATE, 0.0) if learning_rate is None else learning_rate
        for each in complete_groups(dict(groups), node)["groups"]:
            check_needs(make(each["rule"]), each["rule"])
        made = make(wrappers)(make(node))
        check_needs(made, node)
        averages = made.eval_params is not current_params
        keywords["use_ema"] = bool(keywords.get("use_ema")) or averages
        super().__init__(learning_rate=as_rate(rate), **keywords)
        self._rule_node, self._wrapper_node, self._averages = Plain(node), Plain(wrappers), averages
        self._groups_node = Plain(dict(groups))

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the variables of the rule's state, whose initial values may depend on the parameters."""
        if self.built:
            return
        super().build(variables)
        self._names = describe_parameters([v.path for v in variables], [tuple(v.shape) for v in variables])
        with tf.init_scope():
            params = [tf.convert_to_tensor(variable.value) for variable in variables]
            state = self._rule(params, tf.convert_to_tensor(self.learning_rate)).init(params)
            values = tf.nest.flatten(state)
            self._slots = [self._add_slot(number, value) for number, value in enumerate(values)]
            self._pack: Callable[[Sequence[Tensor]], Any] = Packing(state)
            for average, value in zip(getattr(self, "_model_variables_moving_average", ()), params, strict=False):
                average.assign(value)

    def _add_slot(self, number: int, value: Tensor) -> Variable:
        return self.add_variable(
            tuple(value.shape),
            initializer=lambda *_, **__: value,
            dtype=value.dtype.name,
            name=f"state_{number}",
        )

    def _rule(self, params: Sequence[Tensor], learning_rate: Tensor) -> Optimizer:
        """The rule with a given learning rate."""
        own = self._rule_node.value.get(LEARNING_RATE)

        def with_rate(node: Node) -> Node:
            if LEARNING_RATE not in node:
                return node
            ratio = 1.0 if own is None else node[LEARNING_RATE] / own
            return {**node, LEARNING_RATE: tf.cast(learning_rate, params[0].dtype) * ratio}

        parts = self._rule_node.value, self._groups_node.value, self._wrapper_node.value
        return compose_rule(*parts, self._names, with_rate)

    def _backend_update_step(self, grads: Sequence[Tensor], trainable_variables: Any, learning_rate: Tensor) -> None:
        """One step of the rule on all parameters at once. A missing gradient is replaced by zeros."""
        check_one_replica()
        found = {self._var_key(v): g for g, v in zip(grads, trainable_variables, strict=True)}
        variables = self._trainable_variables
        params = [tf.convert_to_tensor(variable.value) for variable in variables]
        dense = [gradient_of(found.get(self._var_key(v)), p) for v, p in zip(variables, params, strict=True)]
        rule = self._rule(params, tf.convert_to_tensor(learning_rate))
        updates, state = rule.update(dense, self._pack([slot.value for slot in self._slots]), params)
        for variable, param, update in zip(variables, params, updates, strict=True):
            variable.assign(param + update)
        for slot, value in zip(self._slots, tf.nest.flatten(state), strict=True):
            slot.assign(value)

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[Variable]) -> None:
        """Store the parameters at which an averaging rule is evaluated; for other rules, update Keras's average."""
        if not self._averages:
            super()._update_model_variables_moving_average(trainable_variables)
            return
        params = [tf.convert_to_tensor(variable.value) for variable in self._trainable_variables]
        rule = self._rule(params, tf.convert_to_tensor(self.learning_rate))
        state = self._pack([slot.value for slot in self._slots])
        averages = rule.eval_params(state, params)
        for variable, value in zip(self._model_variables_moving_average, averages, strict=True):
            variable.assign(value)

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data, from which Keras can rebuild the optimizer."""
        config: dict[str, Any] = super().get_config()
        nodes = {"rule": self._rule_node, "wrapper": self._wrapper_node, "groups": self._groups_node}
        return {**config, **{name: node.value for name, node in nodes.items()}}


class Plain:
    """Hides plain data from Keras, which would wrap dictionaries and lists to track variables in them."""

    def __init__(self, value: Node) -> None:
        self.value = value


class Packing:
    """Packs the tensors of a state into its structure.

    Args:
        state: a state with this structure.
    """

    def __init__(self, state: Any) -> None:
        self._structure = tf.nest.map_structure(lambda _: 0, state)

    def __call__(self, tensors: Sequence[Tensor]) -> Any:
        """The state with the given tensors."""
        return tf.nest.pack_sequence_as(self._structure, [tf.convert_to_tensor(tensor) for tensor in tensors])


def as_rate(rate: Any) -> Any:
    """Convert a learning rate for Keras; ConfigError if it is neither a positive number nor a schedule."""
    if callable(rate) or isinstance(rate, keras.optimizers.schedules.LearningRateSchedule | dict):
        return rate
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < float("inf"):
        raise ConfigError(
            f"`learning_rate` must be a positive number or a schedule of Keras. Received: learning_rate={rate!r}."
        )
    return float(rate)


def check_needs(rule: Optimizer, node: Node) -> None:
    """Raise ConfigError if a rule needs more than gradients."""
    if rule.needs - {"names"}:
        name = str(node[TARGET]).rpartition(".")[2]
        words = {"loss": "the loss", "grad_at": "gradients at other parameters"}
        needed = " and ".join(words.get(need, need) for need in sorted(rule.needs - {"names"}))
        raise ConfigError(
            f"{name} with its wrappers needs {needed}, which Keras does not hand to an optimizer. "
            "Received: a request for one of Keras. Train it with optbench, or leave the wrapper out."
        )


def check_one_replica() -> None:
    """Raise ConfigError inside a distribution strategy with several replicas."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas > 1:
        raise ConfigError(
            f"optbench.keras trains on one device. Received: a strategy with {replicas} replicas. Take one of Keras's "
            "optimizers there."
        )


def gradient_of(gradient: Any, param: Tensor) -> Tensor:
    """A gradient as a dense tensor of its parameter's dtype; zeros if there is none."""
    return tf.zeros_like(param) if gradient is None else tf.cast(tf.convert_to_tensor(gradient), param.dtype)


def hyperparameter_names(target: Callable[..., Any]) -> list[str]:
    """The names of a rule's hyperparameters other than the learning rate."""
    return [name for name in parameters(target) if name != LEARNING_RATE]
