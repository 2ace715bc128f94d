"""The assignment of examples to batches, drawn in NumPy from a stream of the data set, the batch size and the seed.

The stream does not depend on the optimizer, so all settings have the same batches for a seed. Each epoch has a separate
stream and can be drawn without the earlier ones. The last, incomplete batch of an epoch is dropped.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from optbench.config.build import flatten
from optbench.random.cache import cache_arrays
from optbench.random.streams import hash_names, stream
from optbench.spec.run import Order, ProblemConfig

Indices = NDArray[np.int32]


class Batches:
    """The batches of one run, taken in order, and a hash of all of them."""

    def __init__(self, problem: ProblemConfig, seed: int, examples: int, batch_size: int) -> None:
        self._names = ("batches", flatten(problem.dataset), problem.batch_size, seed)
        self._key = hash_names((*self._names, problem.order, examples), 16)
        self._order: Order = problem.order
        self._whole = problem.batch_size == "full" or examples == 1
        self._examples = examples
        self._batch_size = batch_size
        self._steps_per_epoch = examples // batch_size
        self._step = 0
        self._hash = hashlib.sha256()

    def take(self, steps: int) -> Indices:
        """The next ``steps`` batches, int32 (steps, batch_size)."""
        indices = self.peek(steps)
        self._step += steps
        self._hash.update(indices.tobytes())
        return indices

    def peek(self, steps: int) -> Indices:
        """The next ``steps`` batches without taking them, int32 (steps, batch_size); may exceed the budget."""
        first, stop = self._step, self._step + steps
        epochs = range(first // self._steps_per_epoch, -(-stop // self._steps_per_epoch))
        drawn = np.concatenate([epoch_of(self, e) for e in epochs]) if steps else epoch_of(self, 0)
        offset = first - epochs.start * self._steps_per_epoch if steps else 0
        return drawn[offset : offset + steps]

    def digest(self, total_steps: int) -> bytes:
        """The hash of all batches of a run of ``total_steps`` steps, even if training ended earlier."""
        self.skip_to(total_steps)
        return self._hash.digest()

    def skip_to(self, step: int) -> None:
        """Skip the batches before ``step``, one epoch at a time. They are included in the hash."""
        while self._step < step:
            self.take(min(self._steps_per_epoch, step - self._step))

    def draw(self, epoch: int) -> Indices:
        """All batches of an epoch, int32 (steps, batch_size)."""
        used = self._steps_per_epoch * self._batch_size
        if self._whole:  # full batches: their order affects only rounding
            order = np.arange(self._examples)
        else:
            order = stream(*self._names, 0 if self._order == "fixed" else epoch).permutation(self._examples)
        return order[:used].reshape(self._steps_per_epoch, self._batch_size).astype(np.int32)


epoch_of = cache_arrays(
    Batches.draw, key=lambda batches, epoch: (batches._key, epoch)
)  # one stream for all settings of a seed
