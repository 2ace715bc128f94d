"""The contract of update rules, as checks; ``python -m optbench.conformance`` runs them on anyone's rule."""

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()  # before the checks import it with all its start-up notes

from optbench.lab.conformance.checks import CHECKS, Subject, Violation, subject_of  # noqa: E402

__all__ = ["CHECKS", "Subject", "Violation", "subject_of"]
