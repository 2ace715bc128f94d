"""Initial values of the variables of a Keras model.

    a layer's initializer       drawn for each seed, from a stream named by the variable's position in the model
    a seed generator            a seed, drawn in the same way
    given                       the value set by the function, the same for all seeds

While a model is built, each variable is recorded with its initializer and its first value. This distinguishes weights
that were loaded or set afterwards from freshly initialized ones.
"""

import collections
import hashlib
import inspect
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple

import keras
import numpy as np
from keras.src.backend.common import global_state
from numpy.typing import NDArray

from optbench.errors import ConfigError
from optbench.models._keras_layers import is_kerass
from optbench.models._keras_random import NumpyDraws, drawing
from optbench.models._shared_patch import SharedPatch
from optbench.random.streams import stream

Array = NDArray[Any]
InitialWeights = Literal["auto", "drawn", "given"]
Initialize = Callable[..., Any]  # (shape, dtype) -> tensor
SEED_STATE = "seed_generator_state"
NAMES = "object_name_uids"  # Keras's counters of automatic names
GLOBALS_LOCK = threading.RLock()


class CreatedVariable(NamedTuple):
    """A variable at its creation."""

    variable: keras.Variable
    initializer: Any
    value: bytes | None  # a hash; None if it had no value yet


class VariableRecorder:
    """The variables that were created while a model was built."""

    def __init__(self) -> None:
        self._recorded: dict[int, CreatedVariable] = {}

    def add(self, variable: keras.Variable, initializer: Any) -> None:
        """Record a new variable."""
        value = None if variable._value is None else hash_value(variable)
        self._recorded[id(variable)] = CreatedVariable(variable, initializer, value)

    def initializer(self, variable: keras.Variable) -> Initialize | None:
        """The initializer of a variable; None if it was created from an array, or outside of recording."""
        found = self._recorded.get(id(variable))
        if found is None:
            return None
        named = keras.initializers.get(found.initializer) if isinstance(found.initializer, str) else found.initializer
        return named if callable(named) else None

    def was_set(self, variable: keras.Variable) -> bool:
        """Whether the value of a variable was set after its creation, or before recording began."""
        found = self._recorded.get(id(variable))
        return found is None or (found.value is not None and found.value != hash_value(variable))

    def knows(self, variable: keras.Variable) -> bool:
        """Whether a variable was created while recording."""
        return id(variable) in self._recorded


RECORDER: ContextVar[VariableRecorder | None] = ContextVar("recorder", default=None)


def record_initializers(originals: Any) -> dict[str, Any]:
    """Return a constructor that records variables."""
    original = originals["__init__"]

    def __init__(variable: keras.Variable, initializer: Any, *arguments: Any, **keywords: Any) -> None:
        original(variable, initializer, *arguments, **keywords)
        recorder = RECORDER.get()
        if recorder is not None:
            recorder.add(variable, initializer)

    return {"__init__": __init__}


PATCH = SharedPatch(keras.Variable, ("__init__",), record_initializers)


@contextmanager
def recording() -> Iterator[VariableRecorder]:
    """Record the variables that this thread creates. Automatic names and global random numbers start from zero."""
    recorder = VariableRecorder()
    token = RECORDER.set(recorder)
    try:
        with PATCH.applied(), names_from_zero(), seeded_globals(0):
            yield recorder
    finally:
        RECORDER.reset(token)


@contextmanager
def names_from_zero() -> Iterator[None]:
    """Make Keras number automatic names from zero, regardless of earlier models in this process."""
    before = global_state.get_global_attribute(NAMES)
    global_state.set_global_attribute(NAMES, collections.defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(NAMES, before)


@contextmanager
def seeded_globals(seed: int) -> Iterator[None]:
    """Seed Python's and NumPy's global random numbers, which a user's function may use, and restore them afterwards."""
    with GLOBALS_LOCK:
        of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(of_python)
            np.random.set_state(of_numpy)  # noqa: NPY002


class InitialValue(NamedTuple):
    """The source of a variable's initial value."""

    shape: tuple[int, ...]
    dtype: str
    initializer: Initialize | None  # None for a fixed value
    fixed: Array | None = None
    given: bool = False  # whether the fixed value is part of the run's identity

    def draw(self, key: str, position: int) -> Array:
        """The value for the random stream ``key``."""
        if self.initializer is None:
            return np.asarray(self.fixed)
        return draw_value(self.initializer, self.shape, self.dtype, stream("keras", key, position))


def initial_values(
    variables: Sequence[keras.Variable], recorder: VariableRecorder, mode: InitialWeights
) -> tuple[InitialValue, ...]:
    """Determine the source of each variable's initial value.

    Args:
        variables: the variables of the model, the trainable ones first.
        recorder: the recorder that was active while the model was built.
        mode: ``drawn``: trainable variables are drawn by their initializers; ``given``: all keep their values;
            ``auto``: variables that were set after creation keep their values, all others are drawn.

    Raises:
        ConfigError: a variable has no initializer to draw from, or its initializer cannot be seeded.
    """
    return tuple(initial_value(variable, recorder, mode) for variable in variables)


def initial_value(variable: keras.Variable, recorder: VariableRecorder, mode: InitialWeights) -> InitialValue:
    """Determine the source of one variable's initial value."""
    shape, dtype = tuple(variable.shape), str(variable.dtype)
    if variable.path.endswith(SEED_STATE):
        return InitialValue(shape, dtype, draw_seed_state)
    if mode == "drawn" and variable.trainable and not recorder.knows(variable):
        raise ConfigError(
            f"`model.initial_weights=drawn` needs weights that `model.build` creates itself. Received: "
            f"`{variable.path}`, which was there before. Build the model inside the function, "
            "or take model.initial_weights=given."
        )
    keeps = mode == "given" or (recorder.was_set(variable) and (mode == "auto" or not variable.trainable))
    initializer = None if keeps else recorder.initializer(variable)
    if initializer is None:
        return InitialValue(shape, dtype, None, variable.numpy(), given=keeps)
    check_reproducible(initializer, variable)
    return InitialValue(shape, dtype, initializer)


def draw_value(initializer: Initialize, shape: tuple[int, ...], dtype: str, generator: np.random.Generator) -> Array:
    """Call an initializer so that all its random numbers come from ``generator``."""
    seed = int(generator.integers(2**31))
    seeded = with_seed(initializer, seed)
    with drawing(NumpyDraws(generator)), seeded_globals(seed):
        return np.asarray(seeded(shape, dtype=dtype)).astype(dtype)


def with_seed(initializer: Initialize, seed: int) -> Initialize:
    """A user's initializer with ``seed``, if it accepts one."""
    if is_kerass(initializer):
        return initializer
    if "seed" in inspect.signature(initializer).parameters:
        return lambda shape, dtype: initializer(shape, dtype=dtype, seed=seed)
    config = initializer.get_config() if isinstance(initializer, keras.initializers.Initializer) else {}
    rebuilt: Initialize = type(initializer).from_config({**config, "seed": seed}) if "seed" in config else initializer  # type: ignore[attr-defined]
    return rebuilt


def check_reproducible(initializer: Initialize, variable: keras.Variable) -> None:
    """Raise ConfigError if a user's initializer draws numbers that cannot be seeded."""
    if is_kerass(initializer):
        return
    name = getattr(initializer, "__qualname__", type(initializer).__qualname__)
    shape, dtype = tuple(variable.shape), str(variable.dtype)
    first, second = (draw_value(initializer, shape, dtype, stream("check", "initializer")) for _ in range(2))
    if not np.array_equal(first, second, equal_nan=True):
        raise ConfigError(
            f"The initializer of `{variable.path}` must give the same values for the same seed. Received: `{name}`, "
            "which gives others at each call. Draw with keras.random, or give it an argument `seed`."
        )


def draw_seed_state(shape: tuple[int, ...], dtype: str) -> Array:
    """The state of a seed generator: a seed and a counter that starts at zero."""
    seed = keras.random.randint((), 0, 2**31, dtype="int64")
    return np.asarray([int(seed), 0], dtype)


def hash_value(variable: keras.Variable) -> bytes:
    """A hash of a variable's value."""
    return hashlib.blake2b(np.ascontiguousarray(variable.numpy()).tobytes(), digest_size=16).digest()


def identity_of(values: Sequence[InitialValue], structure: Sequence[object]) -> str:
    """A hash of the structure of a model and of its given weights."""
    text = hashlib.sha256(repr(list(structure)).encode())
    for value in values:
        text.update(repr((value.shape, value.dtype, value.given)).encode())
        if value.given:
            text.update(np.ascontiguousarray(value.fixed).tobytes())
    return text.hexdigest()[:16]
