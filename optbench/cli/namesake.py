"""Detect another project of the same name: automl/OptBench, which adds hyperparameter optimization tasks to carps.

Its distribution and its package are also called ``optbench``, so pip replaces one by the other. If both are installed
into one folder (``pip install --target``, conda, a copy), their files are mixed, and one ``__init__.py`` is lost. It
also adds ``pkg://optbench/configs`` to Hydra's search path, which is harmless because we have no such folder.
"""

from pathlib import Path

FILES = ("optbench_problem.py", "configs/task/OptBench")  # its files that optbench never had
PACKAGE = Path(__file__).resolve().parents[1]


def describe_namesake(package: Path = PACKAGE) -> str | None:
    """One line if files of the other project are in a package's folder; otherwise None."""
    if not any((package / name).exists() for name in FILES):
        return None
    return (
        f"{package} also holds files of automl/OptBench, another project of the same name: one of the two may be "
        "incomplete. Install each in an environment of its own."
    )
