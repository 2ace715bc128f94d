"""The level of TensorFlow's C++ log is lowered if TensorFlow was imported before optbench."""

import sys

import pytest

from optbench.runtime import tensorflow_log
from optbench.runtime.tensorflow_import import import_quietly


@pytest.mark.skipif(sys.platform != "linux", reason="the function has another name in TensorFlow for other systems")
def test_this_version_of_tensorflow_has_the_function_that_sets_the_level(monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    assert tensorflow_log.silence_tensorflow()
    monkeypatch.setattr(tensorflow_log, "SET_MIN_LOG_LEVEL", "elsewhere")
    assert not tensorflow_log.silence_tensorflow()


def test_the_level_that_a_user_chose_is_kept(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    assert not tensorflow_log.silence_tensorflow()


def test_it_is_lowered_where_tensorflow_was_imported_before(monkeypatch):
    calls = []
    monkeypatch.setattr("optbench.runtime.tensorflow_import.silence_tensorflow", lambda: calls.append(1))
    import_quietly()
    assert calls == [1]
