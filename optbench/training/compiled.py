"""Functions compiled by XLA, as a TensorFlow graph, or not at all, depending on the mode."""

import logging
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Literal

import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from optbench.runtime.compilation_cache import UNNAMED
from optbench.runtime.tensorflow_import import compilation_cache
from optbench.training import xla
from optbench.training.function_names import stable_names
from optbench.training.traces import Structure, as_trace, keep_trace, load, pack, read_trace, trace_key

log = logging.getLogger(__name__)
Mode = Literal["xla", "graph", "eager"]


class CompiledFunction:
    """A function compiled for a mode. Its shapes never change, so it is traced at the first call and called directly
    afterwards. This saves the lookup of the trace, half of the overhead of calling a ``tf.function``.

    Args:
        function: takes and returns nested structures of tensors.
        mode: how it is compiled.
        name: a name that is the same in every process, so that the compilation cache finds the function; empty for
            none.
        kept: a digest of everything besides the arguments that determines the function's results. It is the key of the
            trace on disk; empty if unknown.
        like: arguments -> any object with the structure of the outputs; None if the outputs are nested dicts.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        mode: Mode,
        name: str = "",
        kept: str = "",
        like: Callable[..., Any] | None = None,
    ) -> None:
        self._function = function
        self._name = name
        self._kept = kept
        self._like = like
        self._program = UNNAMED  # its name in the compilation cache
        self._eager = mode == "eager"
        self._traced: Callable[..., Any] | None = None
        self._lock = threading.Lock()
        self._xla = mode == "xla"

    def __call__(self, *arguments: Any) -> Any:
        """Call the function. The first call traces it."""
        if self._eager:
            return self._function(*arguments)
        if self._traced is None:
            return self._first_call(arguments)
        return self._traced(*arguments)

    def _first_call(self, arguments: tuple[Any, ...]) -> Any:
        try:
            with self._lock:
                self._traced = self._traced or self._trace(arguments)
            return self._traced(*arguments)
        finally:
            if self._xla:
                xla.publish(self._program)

    def _trace(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        if self._xla:
            xla.prepare()
            if self._kept and compilation_cache() is not None:
                return self._loaded(arguments)
            xla.find(self._program)
        return self._traced_anew(arguments)

    def _traced_anew(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        function = tf.function(self._function, jit_compile=self._xla, autograph=False)
        with stable_names(self._name) if self._name else nullcontext():
            return function.get_concrete_function(*arguments)  # type: ignore[no-any-return]

    def _loaded(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """The function loaded from its trace on disk, which is written first if it does not exist."""
        flat = [tf.convert_to_tensor(argument) for argument in tf.nest.flatten(arguments)]
        self._program = key = trace_key(self._kept, flat)
        xla.find(key)
        trace, traced = read_trace(key), None
        if trace is None:
            traced = self._traced_anew(arguments)
            trace = as_trace(traced, flat, known_structure=self._like is not None)
            if trace is None:
                return traced
            keep_trace(key, trace)
        try:
            return self._with_structure(load(trace, flat), trace.structure)
        except (ValueError, TypeError, DecodeError, tf.errors.OpError) as error:
            log.info("a trace could not be loaded: %s", error)
            return traced or self._traced_anew(arguments)

    def _with_structure(self, loaded: Callable[..., list[Any]], structure: Structure) -> Callable[..., Any]:
        """Convert a function of flat tensors to a function of nested structures."""
        like = self._like

        def call(*arguments: Any) -> Any:
            outputs = loaded(*map(tf.convert_to_tensor, tf.nest.flatten(arguments)))
            return tf.nest.pack_sequence_as(like(*arguments), outputs) if like else pack(structure, outputs)

        return call


def as_separate_function(function: Callable[..., Any], mode: Mode) -> Callable[..., Any]:
    """Return ``function`` such that, in graph mode, a loop calls it as a separate function.

    If it is inlined in a loop, oneDNN kernels replace TensorFlow's kernels in an order that varies between traces. As a
    result, the kernel for the gradient of max pooling varies as well.
    """
    if mode != "graph":
        return function
    return tf.function(function, autograph=False, experimental_attributes={"_noinline": True})  # type: ignore[no-any-return]
