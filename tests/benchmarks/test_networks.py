"""Convolutional networks compared with Keras's ``fit`` and PyTorch, in interleaved rounds.

    make bench            beside ``fit``
    make bench-peers      beside PyTorch too

An epoch of 10,000 grey images of 28x28 pixels in batches of 32 through ``baseline_cnn``, and a few steps of
``resnet18`` on colour images of 32x32, each with Adam and all cores. Times are the smallest of the rounds: others may
use the machine. Pixels are drawn at random, which costs what real ones cost.
"""

import time
from contextlib import ExitStack, closing
from dataclasses import replace

import keras
import numpy as np
import pytest

from optbench.problem.built import BuiltProblems
from optbench.random.streams import stream
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.clock import TimedProgram
from optbench.training.loop import lanes_of
from tests.benchmarks.test_peers import PYTHON, Peer
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

ROUNDS = 6
IMAGES = 10_000
STEPS = IMAGES // 32
RESNET_STEPS = 3


def drawn(folder, name, examples, shape):
    """A ``data_dir`` with random images of which ``examples`` are trained on."""
    generator, total = stream("benchmark", name), -(-examples * 10 // 9)
    images = generator.integers(0, 256, (total, *shape), np.uint8)
    labels = (np.arange(total) % 10).astype(np.uint8)
    arrays = {"x_train": images, "y_train": labels, "x_test": images[:100], "y_test": labels[:100]}
    np.savez(folder / f"{name}.npz", **arrays)
    return str(folder)


def our_steps(folder, dataset, model, steps):
    """A function that trains ``steps`` steps of one run, compiled; the examples it trains on."""
    built_problems = BuiltProblems(folder)
    problem = make_problem(dataset, model, steps=steps)
    (shard,) = cut_shards(runs_of(problem, make_setting("adam"), seeds=[0]), built_problems, "auto", 1)
    program = Programs(built_problems).get(replace(shard.program, lanes=1))
    program.stretch = steps
    alone = TimedProgram(program, lanes_of(program, shard.runs, shard.floats))
    alone.prepare()
    return lambda: alone._window(steps), built_problems.get(problem).dataset.train


def fit(network, x, y, jit):
    """A function that trains an epoch with ``fit``, compiled."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(), loss, jit_compile=jit)
    network.fit(x[:64], y[:64], batch_size=32, verbose=0)

    def epoch():
        clock = time.perf_counter()
        network.fit(x, y, batch_size=32, verbose=0)
        return time.perf_counter() - clock

    return epoch


def baseline_cnn():
    """The network as one writes it with Keras."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(6, 5, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(2, padding="same"),
            keras.layers.Dropout(0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10),
        ]
    )


def resnet18():
    """Likewise."""

    def normed(x, filters, size, stride=1):
        x = keras.layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
        return keras.layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = keras.layers.ReLU()(normed(inputs, 64, 3))
    for filters, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        shape_changes = stride > 1 or x.shape[-1] != filters
        skip = normed(x, filters, 1, stride) if shape_changes else x
        y = normed(keras.layers.ReLU()(normed(x, filters, 3, stride)), filters, 3)
        x = keras.layers.ReLU()(keras.layers.Add()([y, skip]))
    return keras.Model(inputs, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x)))


def smallest(benchmark, contestants, rounds):
    """The smallest time of each contestant over rounds in which they take turns."""

    def play():
        return [[contestant() for contestant in contestants.values()] for _ in range(rounds)]

    times = np.min(benchmark.pedantic(play, rounds=1), axis=0)
    return dict(zip(contestants, map(float, times), strict=True))


def report(benchmark, seconds, steps):
    """Milliseconds a step, and how many times as fast as each of the others ours is."""
    ours = seconds["ours"]
    benchmark.extra_info |= {f"ms_a_step_{name}": round(1e3 * s / steps, 2) for name, s in seconds.items()}
    benchmark.extra_info |= {f"times_as_fast_as_{n}": round(s / ours, 2) for n, s in seconds.items() if n != "ours"}
    print(f"\n{benchmark.name}: " + ", ".join(f"{key} {value}" for key, value in benchmark.extra_info.items()))


@pytest.mark.benchmark(group="networks")
def test_an_epoch_of_the_baseline_network(benchmark, tmp_path):
    ours, train = our_steps(drawn(tmp_path, "fashion_mnist", IMAGES, (28, 28)), "fashion_mnist", "baseline_cnn", STEPS)
    x, y = train.x[: STEPS * 32].astype(np.float32) / 255, train.y[: STEPS * 32]
    contestants = {
        "ours": ours,
        "fit": fit(baseline_cnn(), x, y, "auto"),
        "fit_without_jit": fit(baseline_cnn(), x, y, False),
    }
    with ExitStack() as stack:
        if PYTHON is not None:
            indices = np.arange(STEPS * 32, dtype=np.int32).reshape(1, STEPS, 32)
            np.savez(tmp_path / "peer.npz", x=x.transpose(0, 3, 1, 2), y=y, indices=indices)
            peer = stack.enter_context(closing(Peer("torch_cnn", tmp_path / "peer.npz")))
            contestants["torch"] = lambda: peer() * STEPS
            benchmark.extra_info["versions"] = peer.versions
        report(benchmark, smallest(benchmark, contestants, ROUNDS), STEPS)


@pytest.mark.benchmark(group="networks")
def test_a_few_steps_of_resnet18(benchmark, tmp_path):
    folder = drawn(tmp_path, "cifar10", RESNET_STEPS * 32, (32, 32, 3))
    ours, train = our_steps(folder, "cifar10", "resnet18", RESNET_STEPS)
    x, y = train.x[: RESNET_STEPS * 32].astype(np.float32) / 255, train.y[: RESNET_STEPS * 32]
    contestants = {"ours": ours, "fit_without_jit": fit(resnet18(), x, y, False)}
    report(benchmark, smallest(benchmark, contestants, ROUNDS), RESNET_STEPS)
