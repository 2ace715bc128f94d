"""What the server of worker processes imports, once, before it forks them: TensorFlow, which it does not use."""

from optbench.runtime.tensorflow_import import import_quietly

import_quietly(announce=False)
