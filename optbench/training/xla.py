"""How XLA compiles for a CPU: what we ask of it beside its defaults, once in a process.

XLA copies what a loop carries before each of its steps, unless it looks closely at what is still read afterwards. The
numbers are the same to the last bit. XLA reads its options once, when it first compiles, and from the environment
alone: so it is made to do that here, and the environment is then as it was, for processes that inherit it.
"""

import os
import threading

import tensorflow as tf

OPTIONS = "--xla_cpu_copy_insertion_use_region_analysis=true"

_lock = threading.Lock()
_prepared = False


def prepare() -> None:
    """Have XLA read our options, unless it has compiled in this process before. What ``XLA_FLAGS`` says is kept, and
    wins where it says otherwise."""
    global _prepared
    with _lock:
        if _prepared:
            return
        theirs = os.environ.get("XLA_FLAGS")
        os.environ["XLA_FLAGS"] = OPTIONS if theirs is None else f"{OPTIONS} {theirs}"
        try:
            tf.function(tf.negative, jit_compile=True, autograph=False)(tf.constant(0.0))
        finally:
            if theirs is None:
                del os.environ["XLA_FLAGS"]
            else:
                os.environ["XLA_FLAGS"] = theirs
        _prepared = True
