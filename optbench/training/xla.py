"""XLA compilation for CPUs: additional options, and a cache on disk, set once per process.

Without a closer analysis of later reads, XLA copies the variables of a loop before each step. The numbers are bitwise
the same. XLA reads its options only from the environment, and only once, at its first compilation. Therefore
:func:`prepare` compiles a small program with our options and then restores the environment, which child processes
inherit. If that program appears in the folder of the cache, TensorFlow uses the cache.
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
    """Make XLA read our options and open the cache. Later calls do nothing.

    Options in the user's ``XLA_FLAGS`` are kept and take precedence.
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
    """Make XLA find what this and other processes have stored of a program."""
    cache = compilation_cache()
    if cache is not None:
        cache.find(program)


def publish(program: str) -> None:
    """Store what was compiled of a program, for other processes."""
    cache = compilation_cache()
    if cache is not None:
        cache.publish(program)


def why_without_cache() -> str:
    """The reason why compiled programs are not stored although they should be; empty if they are."""
    return _why_without_cache


def _open_store(cache: CompilationCache, flags: str) -> None:
    """Make XLA find the cached programs that fit this process, if it uses the cache."""
    global _why_without_cache
    used, folder = bool(cache.new_entries()), root()
    cache.discard()  # each process compiles this program, to see whether XLA stores it
    if folder is None:
        return
    if not used:
        _why_without_cache = "TensorFlow was used before optbench in this process: compiled programs are not kept."
        log.info(_why_without_cache)
        return
    threads = tf.config.threading
    numbers = (threads.get_intra_op_parallelism_threads(), threads.get_inter_op_parallelism_threads())
    cache.load(folder / key(flags, numbers))
