"""Import TensorFlow without its start-up notes, which it writes past Python to the process's standard error."""

import os
import sys
import tempfile

OURS = "OPTBENCH_QUIET"  # in the environment where we asked TensorFlow to be quiet, for processes that inherit it


def import_tensorflow() -> None:
    """Import TensorFlow. What it says on the way is shown only if the import fails or the user asks for it.

    Setting ``TF_CPP_MIN_LOG_LEVEL`` in the environment is asking, unless it was one of our own processes that did.
    """
    asked = "TF_CPP_MIN_LOG_LEVEL" in os.environ and OURS not in os.environ
    if "tensorflow" in sys.modules or asked:
        import tensorflow  # noqa: F401

        return
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", OURS: "1"}
    if sys.stdout.isatty():
        print("loading TensorFlow ...", end="\r", flush=True)
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            import tensorflow as tf

            tf.get_logger().setLevel("ERROR")
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if sys.stdout.isatty():
                print(" " * 22, end="\r", flush=True)
