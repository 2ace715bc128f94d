"""A worker process ends with its study, whatever it was about to hear or say."""

import logging
import multiprocessing

import pytest

from optbench.sweep import remote


@pytest.fixture
def worker(monkeypatch):
    """The connection of a study, and a worker that would serve it, in this process."""
    logger = logging.getLogger("optbench")
    monkeypatch.setattr(remote, "SIGNALS", ())
    monkeypatch.setattr(logger, "propagate", logger.propagate)
    monkeypatch.setattr(logger, "handlers", [])
    study, theirs = multiprocessing.Pipe()
    yield study, lambda: remote.serve(theirs, {})
    theirs.close()


def test_a_worker_whose_study_is_gone_ends_without_a_word(worker):
    study, serve = worker
    study.close()
    serve()


def test_a_worker_whose_study_goes_while_it_trains_ends_without_a_word(worker, monkeypatch):
    study, serve = worker

    def train(self, parcel, progress, stop):
        study.close()
        progress(1)

    monkeypatch.setattr(remote.WorkerState, "train", train)
    study.send_bytes(b"a shard")
    serve()


def test_a_worker_ends_when_it_is_told_to(worker):
    study, serve = worker
    study.send_bytes(b"")
    serve()
    study.close()
