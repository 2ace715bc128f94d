"""A rule of Optax in a process of its own, update after update in one compiled loop.

``python optax_updates.py RULE DATA.npz`` speaks as ``peers.py`` does. ``DATA.npz`` holds ``params`` and ``grads``,
(tensors, rows, columns) float32, and ``steps``, the updates of one call; every second gradient is turned round, as in
``test_update.py``.
"""

import json
import sys
import time


def rules():
    """Optax's rule of each of our names, with our yaml's numbers; a function of nothing each."""
    import optax
    from optax import contrib

    def down(rate, *parts):
        return optax.chain(*parts, optax.scale(-rate))

    return {
        "adabelief": lambda: optax.adabelief(0.001, eps=1e-16, eps_root=1e-16),
        "adadelta": lambda: optax.adadelta(1.0, rho=0.95, eps=1e-5),
        "adafactor": lambda: optax.adafactor(0.01),
        "adagrad": lambda: optax.adagrad(0.1, initial_accumulator_value=0.0, eps=1e-10),
        "adam": lambda: optax.adam(0.001),
        "adamax": lambda: optax.adamax(0.002),
        "adamw": lambda: optax.adamw(0.001, weight_decay=0.01),
        "adan": lambda: optax.adan(0.001),
        "ademamix": lambda: contrib.ademamix(0.001, b3=0.9999, alpha=5.0),
        "adopt": lambda: contrib.adopt(0.001),
        "amsgrad": lambda: optax.amsgrad(0.001),
        "dog": lambda: contrib.dog(1.0, init_step=("heuristic", 1e-6)),
        "lamb": lambda: optax.lamb(0.001, weight_decay=0.01),
        "lars": lambda: optax.lars(1.0, weight_decay=5e-4, momentum=0.9),
        "lion": lambda: optax.lion(1e-4, weight_decay=0.0),
        "momentum": lambda: optax.sgd(0.01, momentum=0.9),
        "muon": lambda: contrib.muon(0.02),
        "nadam": lambda: optax.nadam(0.002),
        "prodigy": lambda: contrib.prodigy(1.0),
        "radam": lambda: optax.radam(0.001),
        "rmsprop": lambda: optax.rmsprop(0.001, decay=0.9),
        "rprop": lambda: optax.rprop(0.01),
        "schedule_free_adamw": lambda: contrib.schedule_free_adamw(0.0025),
        "schedule_free_sgd": lambda: contrib.schedule_free_sgd(1.0),
        "sgd": lambda: optax.sgd(0.1),
        "sgdm": lambda: down(0.1, optax.ema(0.9, debias=False)),
        "sgdw": lambda: down(0.01, optax.trace(0.9), optax.add_decayed_weights(0.01)),
        "signsgd": lambda: optax.sign_sgd(1e-4),
        "yogi": lambda: optax.yogi(0.01),
    }


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
    name, path = sys.argv[1:]
    import jax
    import numpy as np
    import optax

    with np.load(path) as data:
        params, grads = (list(map(jax.numpy.asarray, data[key])) for key in ("params", "grads"))
        steps = int(data["steps"])
    rule = rules()[name]()
    loop, state = loop_of(rule, steps), jax.jit(rule.init)(params)
    jax.block_until_ready(loop(params, grads, state))
    print("ready", json.dumps({"jax": jax.__version__, "optax": optax.__version__}), flush=True)
    for _ in sys.stdin:
        clock = time.perf_counter()
        jax.block_until_ready(loop(params, grads, state))
        print((time.perf_counter() - clock) / steps, flush=True)


if __name__ == "__main__":
    main()
