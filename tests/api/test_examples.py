"""The examples in the docstrings of the Python API, run."""

import doctest
import importlib

import pytest

import optbench

API = sorted(set(optbench.PLACES.values()) - {"optbench.results.loading"})
MODULES = ["optbench", *API, "optbench.report", "optbench.report.blocks"]


def test_the_examples_of_docstrings_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optbench.study.study.time_steps", lambda *_: [])  # which has tests of its own
    ended = {name: doctest.testmod(importlib.import_module(name)) for name in MODULES}
    assert {name: found.failed for name, found in ended.items() if found.failed} == {}
    assert sum(found.attempted for found in ended.values()) >= 10


@pytest.mark.parametrize("name", sorted(set(optbench.__all__) - {"__version__", "load"}))
def test_every_public_name_is_documented(name):
    assert getattr(optbench, name).__doc__
    assert name in dir(optbench)
