"""Lower TensorFlow's log level after its import, because it reads the environment only at the import.

Otherwise the output of a study in a notebook that starts with ``import keras`` would be preceded by pages of messages
about XLA and its cache. Python has no function for this; that of TensorFlow's C++ library is called, if it is found.
"""

import ctypes
import os
import sys
from pathlib import Path

LIBRARY = "libtensorflow_cc.so.2"
SET_MIN_LOG_LEVEL = "_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE"  # its name in TensorFlow 2.21
FATAL = 3


def silence_tensorflow() -> bool:
    """Make TensorFlow's C++ code log only fatal errors, unless the user chose a level.

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
