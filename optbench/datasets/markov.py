"""Sequences of a random Markov chain, with each symbol to be predicted from earlier ones: a text of known entropy."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from optbench.config.parameters import AtLeastOne, Positive, Range
from optbench.datasets.base import Dataset, Split
from optbench.datasets.splits import HoldoutSplit, Subset, shuffle_rows, take_subset
from optbench.random.streams import stream
from optbench.runtime.memory import check_fits

Array = NDArray[np.float64]
WARM_UP = 50  # symbols before a sequence begins, after which the start of the chain is forgotten
POWER_STEPS = 200  # steps after which the frequencies of contexts no longer change


def markov(
    examples: Annotated[int, Range(5)] = 1000,
    length: Annotated[int, AtLeastOne] = 32,
    symbols: Annotated[int, Range(2)] = 12,
    order: Annotated[int, AtLeastOne] = 2,
    concentration: Annotated[float, Positive] = 0.3,
    seed: Annotated[int, Range(0)] = 0,
    split: HoldoutSplit = HoldoutSplit(),
    subset: Subset = Subset(),
) -> Dataset:
    """Sequences of ``length`` symbols, with the next symbol as the target of each position.

    .. math:: P(x_t | x_{t-1}, ..., x_{t-k}) = p_{x_{t-1}, ..., x_{t-k}}(x_t), \\quad p_c \\sim \\mathrm{Dirichlet}(a)

    A symbol depends on the k symbols before it. No model has a lower expected loss than the entropy rate of the chain,
    which a note states in nats. A model that only counts symbols has the entropy of their frequencies. The first k - 1
    positions of a sequence see fewer than k symbols.

    Args:
        examples: the number of sequences, at least 5.
        length: symbols in a sequence, at least 1.
        symbols: the number of symbols, at least 2.
        order: k, at least 1.
        concentration: a > 0. The smaller it is, the fewer symbols follow a context.
        seed: seed of the random numbers.
        split: how sequences are split, see :class:`optbench.datasets.splits.HoldoutSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.splits.Subset`.

    Raises:
        ConfigError: the contexts, ``symbols`` to the power of ``order``, do not fit into memory.

    Source: Shannon, "A Mathematical Theory of Communication", 1948, sections 3 and 7.
    """
    contexts = symbols**order
    check_fits(24.0 * contexts * symbols, "The contexts", f"dataset.order={order}", "Take a smaller order.")
    check_fits(16.0 * examples * (length + symbols), "The examples", f"dataset.examples={examples}", "Draw fewer.")
    generator = stream("markov", seed)
    p = generator.dirichlet(np.full(symbols, concentration), size=contexts)
    ids = draw_sequences(generator, p, examples, length + 1)
    rows = take_subset(shuffle_rows(examples, split, "markov"), subset, "markov")
    train, valid, test = (Split(ids[r, :-1], ids[r, 1:]) for r in rows)
    entropy = entropy_rate(p)
    note = f"No model has an expected loss below {entropy:.4f} nats, the entropy rate of the chain."
    return Dataset(train, valid, test, "markov", "sequence", symbols, notes=(note,), drawn=("valid", "test"))


def draw_sequences(generator: np.random.Generator, p: Array, count: int, length: int) -> NDArray[np.int32]:
    """Draw sequences, int32 (count, length).

    Args:
        generator: the random generator.
        p: (contexts, symbols), the probabilities of the next symbol for each context. The index of a context is the
            number with its symbols as digits in base ``symbols``, the latest last.
        count: the number of sequences.
        length: the length of each sequence.
    """
    contexts, symbols = p.shape
    upper = np.cumsum(p, axis=1)
    context = generator.integers(0, contexts, count)
    drawn = np.empty((length, count), np.int32)
    for step in range(-WARM_UP, length):
        following = (upper[context] < generator.uniform(size=(count, 1))).sum(axis=1).clip(max=symbols - 1)
        context = (context * symbols + following) % contexts
        if step >= 0:
            drawn[step] = following
    return np.ascontiguousarray(drawn.T)


def entropy_rate(p: Array) -> float:
    """The entropy of a symbol given its context, in nats, weighted by the stationary frequencies of contexts."""
    contexts, symbols = p.shape
    after = (np.arange(contexts)[:, np.newaxis] * symbols + np.arange(symbols)) % contexts
    frequency = np.full(contexts, 1 / contexts)
    for _ in range(POWER_STEPS):
        frequency = np.bincount(after.ravel(), (frequency[:, np.newaxis] * p).ravel(), contexts)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(p > 0, p * np.log(p), 0.0).sum(axis=1)
    return float(frequency @ entropy)
