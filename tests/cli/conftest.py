"""Shared parts of the command-line tests."""

import logging

import pytest

from tests.cli.recorder import Recorder


@pytest.fixture
def recorder(monkeypatch):
    """Commands that train nothing, and remember their jobs."""
    monkeypatch.setattr("optbench.cli.main.LateStudy", Recorder)
    return Recorder


@pytest.fixture
def logging_as_it_was(monkeypatch):
    """Handlers and level of the root logger, as they were before Hydra configured them.

    Configuring closes all handlers that there are. TensorFlow's handler would close the stream that was standard error
    when it was made, which is pytest's.
    """
    root, shutdown = logging.getLogger(), logging.shutdown
    handlers, level = list(root.handlers), root.level

    def without_tensorflows(references):
        shutdown([found for found in references if not type(found()).__module__.startswith("absl")])

    monkeypatch.setattr(logging, "shutdown", without_tensorflows)
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
