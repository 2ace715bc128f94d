"""The contract of update rules, as checks; ``python -m optbench.conformance`` runs them on any rule."""

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()  # before the checks import TensorFlow, to suppress its start-up messages

from optbench.lab.conformance.checks import CHECKS, Violation  # noqa: E402
from optbench.lab.subjects import Subject, subject_of  # noqa: E402

__all__ = ["CHECKS", "Subject", "Violation", "subject_of"]
