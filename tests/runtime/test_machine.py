"""Facts about the machine: names of processors, and which memory is counted."""

from types import SimpleNamespace

import pytest
import tensorflow as tf
from tensorflow.python.client import device_lib

from optbench.runtime import machine

GPU = bool(tf.config.list_physical_devices("GPU"))


def show_gpus(monkeypatch, *names):
    """Let TensorFlow see GPUs of these names."""
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(names) if kind == "GPU" else [])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda name: {"device_name": name})


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        ([], ""),
        (["Tesla T4"], "Tesla T4 with "),
        (["Tesla T4", "Tesla T4", "A100"], "2 x Tesla T4, A100 with "),
    ],
)
def test_the_device_names_gpus_and_the_processor(monkeypatch, gpus, expected):
    show_gpus(monkeypatch, *gpus)
    assert machine.device() == expected + machine.processor()


def test_without_a_gpu_runs_take_main_memory(monkeypatch):
    show_gpus(monkeypatch)
    monkeypatch.setattr(machine, "free_memory", lambda: 8)
    assert machine.free_training_memory() == 8


def test_with_a_gpu_runs_take_what_tensorflow_does_not_use_of_it(monkeypatch):
    show_gpus(monkeypatch, "Tesla T4")
    devices = [SimpleNamespace(device_type="CPU", memory_limit=1), SimpleNamespace(device_type="GPU", memory_limit=100)]
    monkeypatch.setattr(device_lib, "list_local_devices", lambda: devices)
    monkeypatch.setattr(tf.config.experimental, "get_memory_info", lambda name: {"current": 30, "peak": 50})
    assert machine.free_training_memory() == 70


@pytest.mark.skipif(not GPU, reason="TensorFlow sees no GPU on this machine")
def test_a_real_gpu_has_a_name_and_memory():
    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
    assert details["device_name"] in machine.device()
    assert 0 < machine.free_training_memory() < 2**40


def test_free_memory_is_a_part_of_the_memory_of_the_machine():
    import psutil

    assert 0 < machine.free_memory() <= psutil.virtual_memory().total
