"""Each rule's update compared with its reference in Optax under ``jit``, in interleaved rounds.

    make bench-peers

1e6 parameters in 20 matrices, the numbers that the rule declares for its certificate on both sides, all cores for
either. ``extra_info`` holds the median over rounds of the microseconds of an update, and of how many times as long as
Optax's ours takes within a round. Of the rules that multiply matrices it holds the share of their time that the
products of the same shapes take alone.
"""

import json
import statistics
import time
from contextlib import closing

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import make
from optbench.lab.certificates.cases import list_cases
from optbench.lab.rules import known_rules, rule_node
from tests.benchmarks.test_peers import PYTHON, Peer
from tests.benchmarks.test_update import FEW, MANY, Updates, side

ROUNDS, ROUNDS_OF_MATRICES, STEPS = 15, 5, 60
STEPS_OF_MATRICES = {"muon": 5, "shampoo": 2, "soap": 40}  # soap turns its bases at each tenth, and begins with more
PRODUCTS = {  # of two matrices of a tensor's shape, in an update of a tensor
    "muon": 5 * 3,  # five iterations of X Xᵀ, its square, and a product with X
    "shampoo": 2 + 2 * 30 * 4 + 2,  # G Gᵀ and Gᵀ G, 30 iterations of a fourth root of each, both sides of G
    "soap": 2 + 2 * 2 + 2 + 0.2,  # G Gᵀ and Gᵀ G, G and M into the bases, back, and every tenth step the bases
}
BOTH_HAVE = {case.rule: case for case in list_cases(known_rules(), ["Optax"]) if case.numbering == "same"}

beside_peers = pytest.mark.skipif(
    PYTHON is None, reason="OPTBENCH_PEERS names no Python with peers; see make bench-peers"
)


def ours(rule, **numbers):
    """Our updates, compiled."""
    work = Updates(make({**rule_node(rule), **numbers}), MANY, FEW)
    work.steps = STEPS_OF_MATRICES.get(rule, STEPS)
    work()
    return work


def seconds(work):
    """The time of an update, the mean of a call's."""
    clock = time.perf_counter()
    work()
    return (time.perf_counter() - clock) / work.steps


def in_turns(benchmark, work, other, rounds):
    """Pairs of seconds an update: ours, and the other's in the same round."""
    return benchmark.pedantic(lambda: [(seconds(work), other()) for _ in range(rounds)], rounds=1)


def tell(benchmark, rounds, other, versions=None):
    """Keep medians beside the benchmark, and print them."""
    benchmark.extra_info |= {
        "us_an_update": round(1e6 * statistics.median(mine for mine, _ in rounds), 1),
        f"us_of_{other}": round(1e6 * statistics.median(theirs for _, theirs in rounds), 1),
    }
    if versions is None:
        share = statistics.median(theirs / mine for mine, theirs in rounds)
        benchmark.extra_info["share_of_products"] = round(share, 2)
    else:
        ratio = statistics.median(mine / theirs for mine, theirs in rounds)
        benchmark.extra_info |= {"times_as_long_as_optax": round(ratio, 2), "versions": versions}
    print(f"\n{benchmark.name}: " + ", ".join(f"{key} {value}" for key, value in benchmark.extra_info.items()))


@beside_peers
@pytest.mark.benchmark(group="an update of 1e6 parameters beside Optax")
@pytest.mark.parametrize("rule", BOTH_HAVE)
def test_an_update_beside_optax(benchmark, rule, tmp_path):
    case, path = BOTH_HAVE[rule], tmp_path / "tensors.npz"
    work, call = ours(rule, **case.ours), json.dumps([case.reference.constructor, case.theirs])
    np.savez(path, params=np.stack(work.params), grads=np.stack(work.grads), steps=work.steps)
    with closing(Peer(call, path, script="optax_updates.py")) as peer:
        rounds = ROUNDS_OF_MATRICES if rule in PRODUCTS else ROUNDS
        tell(benchmark, in_turns(benchmark, work, peer, rounds), "optax", peer.versions)


@pytest.mark.benchmark(group="the products of an update of 1e6 parameters")
@pytest.mark.parametrize("rule", PRODUCTS)
def test_the_share_of_matrix_products(benchmark, rule):
    work, products = ours(rule), products_alone(side(MANY // FEW)[0])
    rounds = in_turns(benchmark, work, lambda: PRODUCTS[rule] * products(), ROUNDS_OF_MATRICES)
    tell(benchmark, rounds, "products")


def products_alone(size, count=40):
    """A function that gives the seconds of a product for each tensor, the mean of three times ``count`` in a loop."""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(size, size)))[0]  # keeps what it multiplies of one size

    @tf.function(jit_compile=True, autograph=False)
    def multiply(matrices):
        def body(i, matrices):
            squares = [tf.matmul(x, x, transpose_b=True) for x in matrices]
            return i + 1, [tf.matmul(tf.matmul(s, s), x) for s, x in zip(squares, matrices, strict=True)]

        return tf.while_loop(lambda i, _: i < count, body, (0, matrices))[1]

    matrices = [tf.constant(turn, tf.float32) for _ in range(FEW)]

    def timed():
        clock = time.perf_counter()
        multiply(matrices)[0].numpy()
        return (time.perf_counter() - clock) / (3 * count)

    timed()
    return timed
