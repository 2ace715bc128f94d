"""Import TensorFlow without its start-up messages, and with a cache of compiled programs.

TensorFlow writes its messages directly to the standard error of the process, bypassing Python. It reads the options of
the cache from the environment only once, at the first query of its configuration, which is made here right after the
import.
"""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from optbench.runtime.compilation_cache import CompilationCache, open_cache
from optbench.runtime.environment import environment
from optbench.runtime.tensorflow_log import silence_tensorflow

OURS = "OPTBENCH_QUIET"  # environment variable: we silenced TensorFlow; for processes that inherit it


CACHE_OPTION = "tf_xla_persistent_cache_directory"  # a user who sets it has a separate cache

_cache: CompilationCache | None = None
_asked_for_cache = False


def import_tensorflow() -> None:
    """Import TensorFlow, and make it use the cache of compiled programs.

    Its start-up messages are shown only if the import fails or the user sets ``TF_CPP_MIN_LOG_LEVEL``.
    """
    import_quietly()
    ask_for_cache()


def compilation_cache() -> CompilationCache | None:
    """The cache that TensorFlow uses in this process; None if there is none."""
    return _cache


def ask_for_cache() -> None:
    """Make TensorFlow read the options of the cache, once per process. They have no effect if it read them before."""
    global _cache, _asked_for_cache
    users = os.environ.get("TF_XLA_FLAGS", "")
    if _asked_for_cache or CACHE_OPTION in users:
        return
    _asked_for_cache = True
    _cache = open_cache()
    if _cache is not None:
        import tensorflow as tf

        with environment({"TF_XLA_FLAGS": f"{users} {_cache.flags}"}):
            tf.config.threading.get_intra_op_parallelism_threads()  # reads the options, and initializes nothing else


def import_quietly(announce: bool = True) -> None:
    """Import TensorFlow without its messages, unless the user requests them outside our own worker processes.

    Args:
        announce: whether to show on a terminal that TensorFlow is being loaded.
    """
    asked = "TF_CPP_MIN_LOG_LEVEL" in os.environ and OURS not in os.environ
    if "tensorflow" in sys.modules:
        silence_tensorflow()
        return
    if asked:
        import tensorflow  # noqa: F401

        return
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", OURS: "1"}
    announce = announce and sys.stdout.isatty()
    if announce:
        print("loading TensorFlow ...", end="\r", flush=True)
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            with without_collection():
                import tensorflow as tf

            tf.get_logger().setLevel("ERROR")
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if announce:
                print(" " * 22, end="\r", flush=True)


@contextmanager
def without_collection() -> Iterator[None]:
    """Disable garbage collection inside the context, and exclude all objects created there from later collections.

    An import creates hundreds of thousands of permanent objects. Traversing them repeatedly takes a quarter of the time
    of TensorFlow's import, and 0.2 s in each later full collection.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
