"""The kept pages of one's own data and of a regression: ``python -m tests.kept_pages own-data`` builds one.

    reports/own-data       four tuned optimizers on a CSV file, which is generated here
    reports/before-after   a rule of one's own before and after a change that hurts it
    reports/tabular-mlp    2,720 runs of a published study, which were trained elsewhere; needs OPTBENCH_TEST_DATA

Both are made by the commands that a user would type, in a temporary folder, and copied to ``reports/``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
ROWS = 2000
RULE = """
from typing import Annotated

from optbench.optimizers.base import LearningRate, Optimizer, Positive, Search
from optbench.optimizers.rmsprop import rmsprop


def mine(learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 1.0, log=True)] = 0.003) -> Optimizer:
    return rmsprop(learning_rate, RHO)
"""
OWN_DATA = (
    *("-m", "optimizer=sgd,adam,adamw,rmsprop", "dataset=table", "dataset.path=churn.csv", "dataset.target=churn"),
    *("tune=sobol", "tune.trials=8", "seeds=8", "epochs=10", "name=own-data"),
)
PUBLISHED = ("tabular_mlp_runs.csv", "--name", "tabular-mlp", "--decide-by", "test.score", "--baseline", "adamw")
REGRESSION = ("-m", "--config-dir", "my_conf", "optimizer=mine,adam", "dataset=digits", "epochs=5", "seeds=12")


def customers() -> pd.DataFrame:
    """A table of customers of whom some leave: numbers on different scales, two texts and gaps."""
    draws = np.random.default_rng(4)
    months, charge = draws.integers(1, 72, ROWS), draws.gamma(6.0, 11.0, ROWS).round(2)
    plan = draws.choice(["monthly", "yearly", "two years"], ROWS, p=[0.55, 0.25, 0.2])
    support = draws.poisson(1.2, ROWS)
    score = 0.9 - 0.05 * months + 0.015 * charge + 0.5 * support - 1.2 * (plan != "monthly")
    churn = np.where(draws.random(ROWS) < 1 / (1 + np.exp(-score)), "yes", "no")
    region = draws.choice(["north", "south", "west"], ROWS)
    charge[draws.random(ROWS) < 0.03] = np.nan
    columns = {"months": months, "charge": charge, "plan": plan, "support_calls": support, "region": region}
    return pd.DataFrame({**columns, "churn": churn})


def optbench(folder: Path, *arguments: str, module: str = "optbench") -> None:
    """Run a command of optbench in a folder."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=folder, env=environment, check=True)


def own_data(folder: Path) -> Path:
    """The page of a study of one's own data."""
    customers().to_csv(folder / "churn.csv", index=False)
    optbench(folder, *OWN_DATA)
    return folder / "reports" / "own-data" / "index.html"


def before_after(folder: Path) -> Path:
    """The page that compares a rule before and after its average of squared gradients became too short."""
    conf = folder / "my_conf" / "optimizer"
    conf.mkdir(parents=True)
    (conf / "mine.yaml").write_text("# A rule of my own.\n_target_: my_rules.mine\nlearning_rate: 0.003\n")
    for name, rho in (("before", "0.99"), ("after", "0.3")):
        (folder / "my_rules.py").write_text(RULE.replace("RHO", rho))
        optbench(folder, *REGRESSION, f"name={name}")
    optbench(folder, "before", "after", "--compare", module="optbench.report")
    (page,) = (folder / "reports").glob("*before*after*/index.html")
    return page


def tabular_mlp(folder: Path) -> Path:
    """The page of the runs of "Benchmarking Optimizers for Tabular MLPs" (arXiv 2604.15297)."""
    shutil.copyfile(Path(os.environ["OPTBENCH_TEST_DATA"]) / "published" / PUBLISHED[0], folder / PUBLISHED[0])
    optbench(folder, "import", *PUBLISHED)
    return folder / "reports" / "tabular-mlp" / "index.html"


PAGES = {"own-data": own_data, "before-after": before_after, "tabular-mlp": tabular_mlp}


def main() -> None:
    """Build a page and keep it."""
    (name,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        kept = ROOT / "reports" / name / "index.html"
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(PAGES[name](Path(folder)), kept)
        print(f"{kept.relative_to(ROOT)}: {kept.stat().st_size / 1e3:,.0f} kB")


if __name__ == "__main__":
    main()
