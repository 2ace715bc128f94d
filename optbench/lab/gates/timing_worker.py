"""Times the rules of one source tree, in a process with the tree on its PYTHONPATH.

:mod:`optbench.lab.worker_loop` loads this file and passes questions to it one by one:

    {"do": "compile", "benchmark": "update[adam]", "kind": "update", "node": {...}}    {}
    {"do": "time", "benchmark": "update[adam]", "steps": n}    {"seconds": s, "made": n, "moved": true}; see clock_of
    {"do": "size", "benchmark": "update[adam]"}                {"state_bytes": n}
    {"do": "drop", "benchmark": "update[adam]"}                {}

The same file is used for every tree, with any version of optbench. It uses only the function that the node names and
its return value, ``init`` and ``update``. Therefore this file does not import optbench.
"""

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

TENSORS, SHAPE = 20, (250, 200)  # of an update alone: 1e6 parameters
INPUTS, HIDDEN, OUTPUTS, BATCH = 64, 64, 10, 32  # of a step


def start() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The function that answers questions. TensorFlow computes on one thread."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    tf = import_tensorflow_alone()
    tf.config.threading.set_intra_op_parallelism_threads(1)  # other processes use the other cores
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return partial(answer, {})


def answer(compiled: "dict[str, CompiledRule]", question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one question; ``compiled`` contains the rules compiled so far."""
    name = question["benchmark"]
    if question["do"] == "compile":
        if name not in compiled:
            compiled[name] = CompiledRule(make_rule(question["node"]), question["kind"])
        return {}
    if question["do"] == "time":
        return compiled[name].time_window(question["steps"])
    if question["do"] == "size":
        return {"state_bytes": compiled[name].state_bytes()}
    compiled.pop(name, None)
    return {}


def import_tensorflow_alone() -> Any:
    """TensorFlow without Keras, which takes half of its import time. A rule can still import Keras."""
    sys.modules["keras"] = None  # type: ignore[assignment]
    gc.disable()  # garbage collection would take a quarter of the import
    import tensorflow as tf

    gc.enable()
    del sys.modules["keras"]
    return tf


def make_rule(node: Mapping[str, Any]) -> Any:
    """The rule of a node: its target, called with its hyperparameters."""
    module, _, function = node["_target_"].rpartition(".")
    arguments = {name: value for name, value in node.items() if name != "_target_"}
    return getattr(importlib.import_module(module), function)(**arguments)


def make_update(rule: Any) -> tuple[list[Any], Callable[[Any, Any, Any], Any]]:
    """Parameters, and an update of them alone, on gradients that change sign from step to step.

    If gradients were the same at each step, the compiler could compute everything that depends on them once.
    """
    import numpy as np
    import tensorflow as tf

    generator = np.random.default_rng(0)
    params = [tf.constant(generator.normal(size=SHAPE), tf.float32) for _ in range(TENSORS)]
    grads = [tf.constant(1e-3 * generator.normal(size=SHAPE), tf.float32) for _ in range(TENSORS)]

    def step(i: Any, params: Any, state: Any) -> Any:
        sign = tf.where(i % 2 == 0, 1.0, -0.9)
        updates, state = rule.update([sign * g for g in grads], state, params)
        return [p + u for p, u in zip(params, updates, strict=True)], state

    return params, step


def make_training_step(rule: Any) -> tuple[list[Any], Callable[[Any, Any, Any], Any]]:
    """Parameters of a 64-64-10 network, and a training step of it on one of eight batches."""
    import numpy as np
    import tensorflow as tf

    generator = np.random.default_rng(0)
    shapes = ((INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, OUTPUTS), (OUTPUTS,))
    params = [tf.constant(generator.normal(size=shape) / 8, tf.float32) for shape in shapes]
    x = tf.constant(generator.normal(size=(8, BATCH, INPUTS)), tf.float32)
    y = tf.constant(generator.integers(0, OUTPUTS, (8, BATCH)), tf.int32)

    def step(i: Any, params: Any, state: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(params)
            hidden = tf.nn.relu(x[i % 8] @ params[0] + params[1])
            outputs = hidden @ params[2] + params[3]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y[i % 8], outputs))
        updates, state = rule.update(tape.gradient(loss, params), state, params)
        return [p + u for p, u in zip(params, updates, strict=True)], state

    return params, step


def clock_of(devices: Sequence[str]) -> Callable[[], float]:
    """The processor time of this process, which does not include other processes.

    It does not include work on a GPU either; with a GPU, wall time is used.
    """
    return time.process_time if set(devices) == {"CPU"} else time.perf_counter


KINDS = {"update": make_update, "step": make_training_step}


class CompiledRule:
    """A rule's update or training step in a compiled loop. One call makes many steps, which hides call overhead."""

    def __init__(self, rule: Any, kind: str) -> None:
        import tensorflow as tf

        self._params, step = KINDS[kind](rule)
        self._state = rule.init(self._params)

        def steps(count: Any, params: Any, state: Any) -> Any:
            def body(i: Any, params: Any, state: Any) -> Any:
                return i + 1, *step(i, params, state)

            return tf.while_loop(lambda i, *_: i < count, body, (tf.constant(0), params, state))

        self._steps = tf.function(steps, jit_compile=True, autograph=False)
        self._tensor = tf.constant
        self._clock = clock_of([device.device_type for device in tf.config.list_logical_devices()])

    def time_window(self, steps: int) -> dict[str, Any]:
        """Make ``steps`` steps from the start. Returns seconds, steps made, and whether all parameters moved."""
        count = self._tensor(steps)
        began = self._clock()
        made, params, _ = self._steps(count, self._params, self._state)
        made = int(made)  # waits for the device
        seconds = self._clock() - began
        moved = all(bool((a.numpy() != p.numpy()).any()) for a, p in zip(params, self._params, strict=True))
        return {"seconds": seconds, "made": made, "moved": moved}

    def state_bytes(self) -> int:
        """The size of the rule's state in bytes."""
        import tensorflow as tf

        return sum(int(tf.size(t)) * t.dtype.size for t in map(tf.convert_to_tensor, tf.nest.flatten(self._state)))
