"""Functions compiled under a mode: by XLA, as a TensorFlow graph, or not at all."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Literal

import tensorflow as tf

from optbench.training import xla
from optbench.training.function_names import stable_names

Mode = Literal["xla", "graph", "eager"]


class CompiledFunction:
    """A function under a mode. Its shapes never change, so it is traced at the first call and called directly after:
    half of what a ``tf.function`` costs a call is to find out which of its traces fits."""

    def __init__(self, function: Callable[..., Any], mode: Mode, name: str = "") -> None:
        self._function = function
        self._name = name
        self._eager = mode == "eager"
        self._traced: Callable[..., Any] | None = None
        self._lock = threading.Lock()
        self._xla = mode == "xla"

    def __call__(self, *arguments: Any) -> Any:
        """Call it; the first call traces."""
        if self._eager:
            return self._function(*arguments)
        if self._traced is None:
            return self._first_call(arguments)
        return self._traced(*arguments)

    def _first_call(self, arguments: tuple[Any, ...]) -> Any:
        with self._lock:
            self._traced = self._traced or self._trace(arguments)
        result = self._traced(*arguments)
        if self._xla:
            xla.publish()
        return result

    def _trace(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        if self._xla:
            xla.prepare()
        function = tf.function(self._function, jit_compile=self._xla, autograph=False)
        with stable_names(self._name) if self._name else nullcontext():
            return function.get_concrete_function(*arguments)  # type: ignore[no-any-return]


def as_separate_function(function: Callable[..., Any], mode: Mode) -> Callable[..., Any]:
    """``function``, which in graph mode stays a function of its own where a loop calls it.

    Inlined in a loop, oneDNN's kernels replace TensorFlow's in an order that differs from one trace to the next: now
    before and now after what they depend on, and the gradient of a max pooling is one kernel's or the other's.
    """
    if mode != "graph":
        return function
    return tf.function(function, autograph=False, experimental_attributes={"_noinline": True})  # type: ignore[no-any-return]
