"""A Python with a package named like PyTorch, small enough to import quickly."""

import shlex
import sys

import pytest

FAKE_TORCH = """
import numpy as np

class Tensor:
    requires_grad = True
    def requires_grad_(self, value):
        self.requires_grad = value
        return self
    def __init__(self, x):
        self.x = np.array(x)
    def detach(self):
        return self
    def clone(self):
        return Tensor(self.x)
    def numpy(self):
        return self.x
    def __sub__(self, other):
        return Tensor(self.x - other.x)

class SGD:
    def __init__(self, params, lr=None):
        self.groups = params if isinstance(params[0], dict) else [{"params": params, "lr": lr}]
    def step(self):
        for group in self.groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.x = p.x - group["lr"] * p.grad.x

class Package:
    def __init__(self, **names):
        self.__dict__.update(names)

tensor, nn, optim = Tensor, Package(Parameter=lambda t: Tensor(t.x)), Package(SGD=SGD)
"""


@pytest.fixture
def python_with_torch(tmp_path):
    """A Python that finds a package of PyTorch's name."""
    site = tmp_path / "site"
    (site / "torch-1.2.3.dist-info").mkdir(parents=True)
    (site / "torch-1.2.3.dist-info" / "METADATA").write_text("Name: torch\nVersion: 1.2.3\n")
    (site / "torch.py").write_text(FAKE_TORCH)
    run = f"import runpy, sys; sys.path.insert(0, {str(site)!r}); sys.argv[:] = sys.argv[2:]; "
    run += "runpy.run_path(sys.argv[0], run_name='__main__')"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(run)} "$@"\n')
    python.chmod(0o755)
    return str(python)
