"""Import TensorFlow without its start-up notes, and with a cache of compiled programs.

TensorFlow writes its notes past Python to the standard error of the process. It reads the options of the cache from the
environment once, when it is first asked about its configuration: so that happens here, right after the import.
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

OURS = "OPTBENCH_QUIET"  # in the environment where we asked TensorFlow to be quiet, for processes that inherit it


CACHE_OPTION = "tf_xla_persistent_cache_directory"  # a user who sets it has a cache of their own

_cache: CompilationCache | None = None
_asked_for_cache = False


def import_tensorflow() -> None:
    """Import TensorFlow, and have it use the cache of compiled programs.

    Its start-up notes are shown only if the import fails or the user sets ``TF_CPP_MIN_LOG_LEVEL``.
    """
    import_quietly()
    ask_for_cache()


def compilation_cache() -> CompilationCache | None:
    """The cache that this process asked TensorFlow to use; None where there is none."""
    return _cache


def ask_for_cache() -> None:
    """Have TensorFlow read the options of the cache, once per process. They have no effect if it read them before."""
    global _cache, _asked_for_cache
    users = os.environ.get("TF_XLA_FLAGS", "")
    if _asked_for_cache or CACHE_OPTION in users:
        return
    _asked_for_cache = True
    _cache = open_cache()
    if _cache is not None:
        import tensorflow as tf

        with environment({"TF_XLA_FLAGS": f"{users} {_cache.flags}"}):
            tf.config.threading.get_intra_op_parallelism_threads()  # makes it read them, and initializes nothing else


def import_quietly(announce: bool = True) -> None:
    """Import TensorFlow without its notes, unless the user asks for them and not one of our own processes.

    Args:
        announce: show on a terminal that it is being loaded.
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
    """Collect no garbage for a while, and leave out afterwards what there is by then.

    An import makes hundreds of thousands of objects that stay. To look through them again and again is a quarter of
    the time that TensorFlow's import takes, and 0.2 s in each full collection later on.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
