"""A rule of Optax in a separate process, with many updates in one compiled loop.

``python optax_updates.py CALL DATA.npz`` speaks as ``peers.py`` does. ``CALL`` is JSON: the constructor of a rule, such
as ``contrib.muon``, and its keyword arguments. ``DATA.npz`` holds ``params`` and ``grads``, (tensors, rows, columns)
float32, and ``steps``, the updates of one call; every second gradient is turned round, as in ``test_update.py``.
"""

import json
import operator
import sys
import time


def loop_of(rule, steps):
    """``steps`` updates, compiled. Gradients are an argument: of constants XLA would make some work in advance."""
    import jax
    import optax

    def loop(params, grads, state):
        def body(i, carry):
            params, state = carry
            sign = jax.numpy.where(i % 2 == 0, 1.0, -0.9)
            updates, state = rule.update([sign * g for g in grads], state, params)
            return optax.apply_updates(params, updates), state

        return jax.lax.fori_loop(0, steps, body, (params, state))

    return jax.jit(loop)


def main():
    """Compile, then make the updates whenever asked."""
    call, path = sys.argv[1:]
    import jax
    import numpy as np
    import optax
    import optax.contrib

    with np.load(path) as data:
        params, grads = (list(map(jax.numpy.asarray, data[key])) for key in ("params", "grads"))
        steps = int(data["steps"])
    constructor, numbers = json.loads(call)
    rule = operator.attrgetter(constructor)(optax)(**numbers)
    loop, state = loop_of(rule, steps), jax.jit(rule.init)(params)
    jax.block_until_ready(loop(params, grads, state))
    print("ready", json.dumps({"jax": jax.__version__, "optax": optax.__version__}), flush=True)
    for _ in sys.stdin:
        clock = time.perf_counter()
        jax.block_until_ready(loop(params, grads, state))
        print((time.perf_counter() - clock) / steps, flush=True)


if __name__ == "__main__":
    main()
