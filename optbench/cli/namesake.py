"""Another project of the same name: automl/OptBench, which brings functions for hyperparameter optimization to carps.

Its distribution has the name ``optbench`` as well, so that pip replaces one by the other, and its package, too. Where
both lie in one folder all the same (``pip install --target``, conda, a copy), their files are mixed, and one
``__init__.py`` is gone. That it adds ``pkg://optbench/configs`` to Hydra's search path does no harm: we have no such
folder.
"""

from pathlib import Path

FILES = ("optbench_problem.py", "configs/task/OptBench")  # of theirs, which we never had
PACKAGE = Path(__file__).resolve().parents[1]


def describe_namesake(package: Path = PACKAGE) -> str | None:
    """One line where files of the other project lie in a package's folder; None where none do."""
    if not any((package / name).exists() for name in FILES):
        return None
    return (
        f"{package} also holds files of automl/OptBench, another project of the same name: one of the two may be "
        "incomplete. Install each in an environment of its own."
    )
