"""Tables of runs in common forms."""

import numpy as np
import pandas as pd

from optbench.importing.layout import read_runs
from optbench.importing.readers.files import read_file
from optbench.importing.readers.frames import read_frame
from optbench.importing.tables import ImportOptions

FINALS = """dataset,optimizer,seed,lr,test_accuracy,test_loss
digits,sgd,0,0.1,0.90,0.50
digits,sgd,1,0.1,0.91,0.49
digits,adam,0,0.001,0.95,0.30
digits,adam,1,0.001,0.94,0.31
"""
LONG = """problem,optimizer,seed,step,split,metric,value
p,sgd,0,0,valid,loss,2.0
p,sgd,0,10,valid,loss,1.0
p,adam,0,0,valid,loss,2.0
p,adam,0,10,valid,loss,0.5
"""


def understand(path, text, **options):
    """Read a table from a file with this text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_runs(read_file(path), ImportOptions(**options))


def understand_frame(frame, **options):
    """Read a DataFrame."""
    return read_runs(read_frame(frame, "mine"), ImportOptions(**options))


def finals(optimizers=("sgd", "adam"), problems=("p",), seeds=10, shift=1.0, noise=1.0):
    """Final test losses: those of later optimizers are lower by ``shift`` each. Seeds explain nothing."""
    draws = np.random.default_rng(5)
    rows = [
        {"problem": problem, "optimizer": name, "seed": seed, "test_loss": 9 - shift * place + noise * draws.normal()}
        for problem in problems
        for place, name in enumerate(optimizers)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows)
