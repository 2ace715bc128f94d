"""One side of the speed gate, a process of its own: ``python -P worker.py TREE``, with TREE on PYTHONPATH.

It answers each line of JSON with one:

    {"prepare": ["update", "adam"], "window": s}    {"steps": n} of about so many seconds, or {"missing": "why"}
    {"round": ["update", "adam"], "steps": n}       {"seconds": s} per step, or {"broken": "why"}; see clock_of
    {"drop": ["update", "adam"]}                    {}

The same file serves both sides, whatever version of optbench TREE holds: of it nothing is used but yamls, the functions
that they name, and what these return, ``init`` and ``update``. Therefore it imports nothing of the package itself.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

TENSORS, SHAPE = 20, (250, 200)  # of an update alone: 1e6 parameters
INPUTS, HIDDEN, OUTPUTS, BATCH = 64, 64, 10, 32  # of a step
MOST_STEPS = 4096  # in a window


def tensorflow() -> Any:
    """TensorFlow without Keras, which it loads for its own sake and which is half the time of the import.

    A rule that wants Keras finds it as ever.
    """
    sys.modules["keras"] = None  # type: ignore[assignment]
    import tensorflow as tf

    del sys.modules["keras"]
    return tf


def rule_of(tree: Path, name: str) -> Any:
    """A rule by the stem of its yaml in TREE, by a yaml of one's own, or by dotted path with its own defaults."""
    import yaml

    own = Path(name) if name.endswith(".yaml") else None
    path = tree / own if own else next((p for p in yamls_of(tree, name) if p.exists()), None)
    if path is None and "." not in name:
        raise FileNotFoundError(f"no yaml of {name} in {tree / 'conf' / 'optimizer'}")
    node = yaml.safe_load(path.read_text(encoding="utf8")) if path else {"_target_": name}
    module, _, function = node.pop("_target_").rpartition(".")
    return getattr(importlib.import_module(module), function)(**node)


def yamls_of(tree: Path, name: str) -> Iterator[Path]:
    """Where the yaml of a rule may be: in a repository or a package; beside this file where a tree is a stranger's."""
    here = Path(__file__).resolve()
    others = [] if (tree / "optbench").is_dir() else [here.parents[3], here.parents[2]]
    for folder in (tree, tree / "optbench", *others):
        yield folder / "conf" / "optimizer" / f"{name}.yaml"


def update_of(rule: Any) -> tuple[list[Any], Callable[[Any, Any, Any], Any]]:
    """Parameters, and an update of them alone, on gradients that change sign from step to step.

    Were they the same at each step, the compiler could compute what depends on them once for all.
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


def step_of(rule: Any) -> tuple[list[Any], Callable[[Any, Any, Any], Any]]:
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
    """Seconds of this process's own on a processor: what others do beside it does not count.

    What is computed elsewhere, on a GPU, is only seen by the clock on the wall.
    """
    return time.process_time if set(devices) == {"CPU"} else time.perf_counter


KINDS = {"update": update_of, "step": step_of}


class Contestant:
    """A rule's update or step in a compiled loop: many steps are one call, so that calls do not count."""

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

    def seconds(self, steps: int) -> float:
        """Seconds per step of so many steps from the start; raises unless they were made."""
        count = self._tensor(steps)
        began = self._clock()
        made, params, _ = self._steps(count, self._params, self._state)
        made = int(made)  # waits for the device
        seconds = self._clock() - began
        moved = all((a.numpy() != p.numpy()).any() for a, p in zip(params, self._params, strict=True))
        if made != steps or not moved:
            raise RuntimeError(f"{made} of {steps} steps were made, all parameters moved: {moved}")
        return seconds / steps

    def steps_of(self, window: float) -> int:
        """How many steps last about ``window`` seconds; compiles.

        Two at the least: a rule may spend its first on its memory alone.
        """
        steps = 2
        self.seconds(steps)
        while steps < MOST_STEPS and self.seconds(steps) * steps < window:
            steps *= 2
        return steps


def answer(asked: dict[str, Any], tree: Path, ready: dict[tuple[str, ...], Contestant]) -> dict[str, Any]:
    """Do what a line asks for."""
    if "prepare" in asked:
        kind, name = asked["prepare"]
        try:
            if (kind, name) not in ready:
                ready[kind, name] = Contestant(rule_of(tree, name), kind)
            return {"steps": ready[kind, name].steps_of(asked["window"])}
        except Exception as error:  # whatever an older or a stranger's rule may raise
            return {"missing": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
    if "round" in asked:
        try:
            return {"seconds": ready[tuple(asked["round"])].seconds(asked["steps"])}
        except Exception as error:
            return {"broken": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
    ready.pop(tuple(asked["drop"]), None)
    return {}


def main() -> None:
    """Answer until nobody asks any more."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a rule prints is not an answer
    tf = tensorflow()
    tf.config.threading.set_intra_op_parallelism_threads(1)  # the other core belongs to whoever else is there
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tree, ready = Path(sys.argv[1]), dict[tuple[str, ...], Contestant]()
    for line in sys.stdin:
        replies.write(json.dumps(answer(json.loads(line), tree, ready)) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
