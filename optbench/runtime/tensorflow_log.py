"""Lower the level of TensorFlow's log where TensorFlow was imported before: it reads its environment at the import.

Otherwise a study in a notebook that begins with ``import keras`` ends below pages of notes about XLA and its cache.
There is no function for this in Python; the one of TensorFlow's C++ library is called, where it is found.
"""

import ctypes
import os
import sys
from pathlib import Path

LIBRARY = "libtensorflow_cc.so.2"
SET_MIN_LOG_LEVEL = "_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE"  # of TensorFlow 2.21
FATAL = 3


def silence_tensorflow() -> bool:
    """Have TensorFlow's C++ code log nothing but what ends the process, unless the user chose a level.

    Returns:
        whether the level was set.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return False
    path = Path(str(sys.modules["tensorflow"].__file__)).parent / LIBRARY
    try:
        set_level = getattr(ctypes.CDLL(str(path)), SET_MIN_LOG_LEVEL)
    except (OSError, AttributeError):  # another system, or another version of TensorFlow
        return False
    set_level.argtypes, set_level.restype = [ctypes.c_int], None
    set_level(FATAL)
    return True
