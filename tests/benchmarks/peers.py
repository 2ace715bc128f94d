"""The same training in PyTorch and JAX, in a separate process: ``python peers.py NAME DATA.npz``.

It says ``ready`` with its versions once everything is compiled, then trains once for each line that it is sent and
answers with the seconds that took per training step of one run. ``DATA.npz`` holds ``x`` (examples, 64) float32, ``y``
(examples,) int32 and ``indices`` (runs, steps, 32) int32; for the peers that evaluate, also ``x_valid``, ``y_valid``,
``x_test`` and ``y_test``.
"""

import json
import os
import sys
import time


def torch(x, y, indices):
    """The eager loop that everybody writes; one run."""
    import torch

    x, y, indices = torch.tensor(x), torch.tensor(y, dtype=torch.long), torch.tensor(indices[0], dtype=torch.long)

    def work():
        network = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
        optimizer, loss_of = torch.optim.Adam(network.parameters()), torch.nn.CrossEntropyLoss()
        for batch in indices:
            optimizer.zero_grad()
            loss = loss_of(network(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
        return len(indices)

    return work, {"torch": torch.__version__}


def torch_cnn(x, y, indices):
    """The same loop with a small convolutional network, ``x`` (examples, 1, 28, 28); one run."""
    import torch

    x, y, indices = torch.tensor(x), torch.tensor(y, dtype=torch.long), torch.tensor(indices[0], dtype=torch.long)

    def work():
        network = torch.nn.Sequential(
            torch.nn.Conv2d(1, 6, 5, padding="same"), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Dropout(0.2), torch.nn.Flatten(), torch.nn.Linear(6 * 14 * 14, 128), torch.nn.ReLU(),
            torch.nn.Dropout(0.2), torch.nn.Linear(128, 10),
        )  # fmt: skip
        optimizer, loss_of = torch.optim.Adam(network.parameters()), torch.nn.CrossEntropyLoss()
        for batch in indices:
            optimizer.zero_grad()
            loss_of(network(x[batch]), y[batch]).backward()
            optimizer.step()
        return len(indices)

    return work, {"torch": torch.__version__}


def jax(x, y, indices):
    """``lax.scan`` over the steps with Optax; one run."""
    run, versions = jax_run(x, y)
    import jax

    compiled = jax.jit(run)
    return lambda: (jax.block_until_ready(compiled(0, indices[0])), len(indices[0]))[1], versions


def jax_vmap(x, y, indices):
    """The same mapped over all runs."""
    run, versions = jax_run(x, y)
    return in_lanes(run, indices), versions


def jax_sharded(x, y, indices):
    """The same with the runs cut by hand over two host devices."""
    run, versions = jax_run(x, y)
    return in_lanes_of_devices(run, indices), versions


def jax_vmap_evaluated(x, y, indices, **held_out):
    """Mapped over all runs, with loss and accuracy on all splits before training and after each epoch."""
    run, versions = jax_evaluated_run(x, y, **held_out)
    return in_lanes(run, indices), versions


def jax_sharded_evaluated(x, y, indices, **held_out):
    """The same with the runs cut by hand over two host devices."""
    run, versions = jax_evaluated_run(x, y, **held_out)
    return in_lanes_of_devices(run, indices), versions


def in_lanes(run, indices):
    """All runs at once in one program."""
    import jax
    import numpy as np

    compiled, seeds = jax.jit(jax.vmap(run)), np.arange(len(indices))
    return lambda: (jax.block_until_ready(compiled(seeds, indices)), indices[:, :, 0].size)[1]


def in_lanes_of_devices(run, indices):
    """Half of the runs on each of two devices."""
    import jax
    import numpy as np

    compiled = jax.pmap(jax.vmap(run))
    seeds, halves = np.arange(len(indices)).reshape(2, -1), indices.reshape(2, -1, *indices.shape[1:])
    return lambda: (jax.block_until_ready(compiled(seeds, halves)), indices[:, :, 0].size)[1]


def jax_run(x, y):
    """One run as a function of a seed and its batches, from weights to weights."""
    begin, train, _, versions = jax_functions(x, y)

    def run(seed, indices):
        return train(begin(seed), indices)[0]

    return run, versions


def jax_evaluated_run(x, y, x_valid, y_valid, x_test, y_test):
    """One run as a function of a seed and its batches, to the metrics before the first epoch and after each."""
    import jax
    import jax.numpy as jnp

    begin, train, metrics, versions = jax_functions(x, y)
    splits = [(jnp.asarray(a), jnp.asarray(b)) for a, b in ((x, y), (x_valid, y_valid), (x_test, y_test))]

    def evaluate(params):
        return [metrics(params, *split) for split in splits]

    def run(seed, indices):
        def epoch(carry, indices):
            carry = train(carry, indices)
            return carry, evaluate(carry[0])

        carry = begin(seed)
        epochs = indices.reshape(-1, len(x) // indices.shape[-1], indices.shape[-1])
        return evaluate(carry[0]), jax.lax.scan(epoch, carry, epochs)[1]

    return run, versions


def jax_functions(x, y):
    """The parts of a run: its beginning from a seed, the training on batches, the metrics on a split; and versions."""
    import jax
    import jax.numpy as jnp
    import optax

    rule = optax.adam(1e-3)

    def outputs_of(params, x):
        (w0, b0), (w1, b1) = params
        return jax.nn.relu(x @ w0 + b0) @ w1 + b1

    def loss_of(params, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(outputs_of(params, x), y).mean()

    def begin(seed):
        first, second = jax.random.split(jax.random.PRNGKey(seed))
        params = [
            (jax.random.normal(first, (64, 64)) * (2 / 64) ** 0.5, jnp.zeros(64)),
            (jax.random.normal(second, (64, 10)) * (2 / 64) ** 0.5, jnp.zeros(10)),
        ]
        return params, rule.init(params)

    def train(carry, indices):
        def step(carry, batch):
            params, state = carry
            grads = jax.grad(loss_of)(params, x[batch], y[batch])
            updates, state = rule.update(grads, state, params)
            return (optax.apply_updates(params, updates), state), None

        return jax.lax.scan(step, carry, indices)[0]

    def metrics(params, x, y):
        outputs = outputs_of(params, x)
        loss = optax.softmax_cross_entropy_with_integer_labels(outputs, y).mean()
        return loss, (outputs.argmax(-1) == y).mean()

    x, y = jnp.asarray(x), jnp.asarray(y)
    return begin, train, metrics, {"jax": jax.__version__, "optax": optax.__version__}


PEERS = {
    "torch": torch,
    "torch_cnn": torch_cnn,
    "jax": jax,
    "jax_vmap": jax_vmap,
    "jax_sharded": jax_sharded,
    "jax_vmap_evaluated": jax_vmap_evaluated,
    "jax_sharded_evaluated": jax_sharded_evaluated,
}


def main():
    """Warm up, then train whenever asked."""
    name, path = sys.argv[1:]
    if name.startswith("jax_sharded"):
        os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
    import numpy as np

    with np.load(path) as data:
        work, versions = PEERS[name](**data)
    work()
    print("ready", json.dumps(versions), flush=True)
    for _ in sys.stdin:
        clock = time.perf_counter()
        steps = work()
        print((time.perf_counter() - clock) / steps, flush=True)


if __name__ == "__main__":
    main()
