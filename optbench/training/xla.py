"""How XLA compiles for a CPU: options beside its defaults, and a cache on disk, set once per process.

XLA copies what a loop carries before each of its steps, unless it analyzes closely what is still read afterwards. The
numbers are the same to the last bit. XLA reads its options once, when it first compiles, and only from the environment.
So :func:`prepare` makes it compile something small with our options, and then restores the environment, for processes
that inherit it.
"""

import atexit
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import tensorflow as tf

from optbench.training.compilation_cache import CompilationCache, open_cache

OPTIONS = "--xla_cpu_copy_insertion_use_region_analysis=true"
CACHE_OPTION = "tf_xla_persistent_cache_directory"  # a user who sets it has a cache of their own

log = logging.getLogger(__name__)
_lock = threading.Lock()
_prepared = False
_cache: CompilationCache | None = None
_left_out = ""  # why there is no cache, though there should be one


def prepare() -> None:
    """Have XLA read our options, unless it has compiled in this process before.

    Options that the user gave in ``XLA_FLAGS`` are kept, and win where they say otherwise.
    """
    global _prepared, _cache
    with _lock:
        if _prepared:
            return
        flags = " ".join(filter(None, [OPTIONS, os.environ.get("XLA_FLAGS", "")]))
        users = os.environ.get("TF_XLA_FLAGS", "")
        threads = tf.config.threading
        numbers = (threads.get_intra_op_parallelism_threads(), threads.get_inter_op_parallelism_threads())
        cache = None if CACHE_OPTION in users else open_cache(flags, numbers)
        tf_flags = " ".join(filter(None, [users, cache.flags if cache else ""]))
        with environment({"XLA_FLAGS": flags, "TF_XLA_FLAGS": tf_flags}):
            tf.function(tf.negative, jit_compile=True, autograph=False)(tf.constant(0.0))
        _cache = working(cache)
        _prepared = True


def publish() -> None:
    """Keep what was compiled so far for other processes."""
    if _cache is not None:
        _cache.publish()


def why_without_cache() -> str:
    """Why compiled programs are not kept though that was asked for; empty where they are."""
    return _left_out


def working(cache: CompilationCache | None) -> CompilationCache | None:
    """``cache`` if XLA uses it; None where TensorFlow had read its options before this process asked for the cache."""
    global _left_out
    if cache is None:
        return None
    probes = cache.new_entries()
    for path in probes:  # each process compiles its own, to see whether XLA writes it
        path.unlink()
    if probes:
        atexit.register(cache.close)
        return cache
    cache.close()
    _left_out = "TensorFlow was used before optbench, so compiled programs are not kept for the next time."
    log.info(_left_out)
    return None


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for as long as this lasts; empty ones stay unset."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update({name: value for name, value in values.items() if value})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
