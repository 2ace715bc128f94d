"""The module that the server of worker processes imports before forking: it imports TensorFlow without using it."""

from optbench.runtime.tensorflow_import import import_quietly

import_quietly(announce=False)
