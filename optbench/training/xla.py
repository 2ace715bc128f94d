"""How XLA compiles for a CPU: options beside its defaults, and a cache on disk, set once per process.

XLA copies what a loop carries before each of its steps, unless it analyzes closely what is still read afterwards. The
numbers are the same to the last bit. XLA reads its options once, when it first compiles, and only from the environment.
So :func:`prepare` makes it compile something small with our options, and then restores the environment, for processes
that inherit it. Whether that program appears in the folder of the cache shows whether TensorFlow uses the cache.
"""

import logging
import os
import threading

import tensorflow as tf

from optbench.runtime.compilation_cache import CompilationCache, key, root
from optbench.runtime.environment import environment
from optbench.runtime.tensorflow_import import ask_for_cache, compilation_cache

OPTIONS = "--xla_cpu_copy_insertion_use_region_analysis=true"

log = logging.getLogger(__name__)
_lock = threading.Lock()
_prepared = False
_why_without_cache = ""


def prepare() -> None:
    """Have XLA read our options and open the cache, once.

    Options that the user gave in ``XLA_FLAGS`` are kept, and win where they say otherwise.
    """
    global _prepared
    with _lock:
        if _prepared:
            return
        ask_for_cache()
        flags = " ".join(filter(None, [OPTIONS, os.environ.get("XLA_FLAGS", "")]))
        with environment({"XLA_FLAGS": flags}):
            tf.function(tf.negative, jit_compile=True, autograph=False)(tf.constant(0.0))
        cache = compilation_cache()
        if cache is not None:
            _open_store(cache, flags)
        _prepared = True


def find(program: str) -> None:
    """Let XLA find what this and other processes kept of a program."""
    cache = compilation_cache()
    if cache is not None:
        cache.find(program)


def publish(program: str) -> None:
    """Keep what was compiled of a program for other processes."""
    cache = compilation_cache()
    if cache is not None:
        cache.publish(program)


def why_without_cache() -> str:
    """Why compiled programs are not kept though they should be; empty where they are."""
    return _why_without_cache


def _open_store(cache: CompilationCache, flags: str) -> None:
    """Look for entries that fit this process, if XLA does."""
    global _why_without_cache
    used, folder = bool(cache.new_entries()), root()
    cache.discard()  # each process compiles this program, to see whether XLA writes it
    if folder is None:
        return
    if not used:
        _why_without_cache = "TensorFlow was used before optbench in this process: compiled programs are not kept."
        log.info(_why_without_cache)
        return
    threads = tf.config.threading
    numbers = (threads.get_intra_op_parallelism_threads(), threads.get_inter_op_parallelism_threads())
    cache.load(folder / key(flags, numbers))
