"""Properties of the machine and the installed versions, which are needed to interpret a time."""

import json
import platform
import sys
from collections import Counter
from collections.abc import Mapping
from functools import cache

from optbench.runtime import system

PACKAGES = ("optbench", "tensorflow", "keras", "numpy")
DRAWN_WITH = ("jinja2", "matplotlib", "numpy", "pandas", "scipy", "seaborn")  # libraries that draw pages


def host() -> str:
    """The machine's name."""
    return platform.node()


def processor() -> str:
    """The processor's name and the number of available cores."""
    return f"{system.processor()}, {cores()} cores"


def device() -> str:
    """The devices used for training: the names of TensorFlow's GPUs, if any, and :func:`processor`."""
    names = graphics_processors()
    counted = [f"{count} x {name}" if count > 1 else name for name, count in Counter(names).items()]
    return " with ".join(filter(None, [", ".join(counted), processor()]))


def graphics_processors() -> list[str]:
    """The names of the GPUs visible to TensorFlow, in its order; empty before TensorFlow is imported."""
    if (tensorflow := sys.modules.get("tensorflow")) is None:
        return []
    found = tensorflow.config.list_physical_devices("GPU")
    details = map(tensorflow.config.experimental.get_device_details, found)
    return [str(of_device.get("device_name", "GPU")) for of_device in details]


def cores() -> int:
    """The number of cores available to this process."""
    return system.cores()


def threads() -> int:
    """The number of threads that one operation may use: one per core, unless TensorFlow is configured otherwise."""
    tensorflow = sys.modules.get("tensorflow")
    told = 0 if tensorflow is None else tensorflow.config.threading.get_intra_op_parallelism_threads()
    return int(told) or cores()


def processor_features() -> str:
    """The features of the processor, such as ``avx512f``, as listed by the system; empty if it lists none."""
    return system.processor_features()


def free_memory() -> int:
    """Bytes of main memory that are free or can be freed."""
    return system.free_memory()


def free_training_memory() -> int:
    """Bytes available to runs: memory of the first GPU, if there is one, otherwise main memory.

    TensorFlow reserves a part of a GPU's memory at first use. Only the unused part of this reservation is free.
    """
    if not graphics_processors():
        return free_memory()
    from tensorflow.python.client import device_lib  # no public function returns the limit

    tensorflow = sys.modules["tensorflow"]
    limit = next(device.memory_limit for device in device_lib.list_local_devices() if device.device_type == "GPU")
    return int(limit - tensorflow.config.experimental.get_memory_info("GPU:0")["current"])


def versions() -> str:
    """Versions of Python and of the packages that affect numbers, as JSON."""
    return json.dumps({"python": platform.python_version(), **_versions_of(PACKAGES)}, sort_keys=True)


def drawing_versions() -> str:
    """Versions of the packages that affect the look of a page, as JSON."""
    return json.dumps(_versions_of(DRAWN_WITH), sort_keys=True)


@cache
def _versions_of(packages: tuple[str, ...]) -> Mapping[str, str]:
    from importlib import metadata  # imports the email package, which takes a tenth of the time of `--help`

    return {name: metadata.version(name) for name in packages}
