"""Facts about the machine and the installed versions, which a reader needs to judge a time."""

import json
import os
import platform
import sys
from pathlib import Path

PACKAGES = ("optbench", "tensorflow", "keras", "numpy")


def host() -> str:
    """The machine's name."""
    return platform.node()


def device() -> str:
    """The processor's name and the number of cores that may be used."""
    return f"{_processor()}, {cores()} cores"


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """The number of threads that one operation may use: one for each core, unless TensorFlow was told otherwise."""
    tensorflow = sys.modules.get("tensorflow")
    told = 0 if tensorflow is None else tensorflow.config.threading.get_intra_op_parallelism_threads()
    return int(told) or cores()


def processor_features() -> str:
    """The features of the processor, such as ``avx512f``, as the system lists them; empty where it does not."""
    return _cpu_info("flags") or _cpu_info("Features")


def free_memory() -> int:
    """Bytes of memory that are free or can be freed."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def versions() -> str:
    """Versions of Python and of the packages that numbers depend on, as JSON."""
    from importlib import metadata  # reads with the email package: a tenth of the time of `--help`

    found = {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}
    return json.dumps(found, sort_keys=True)


def _processor() -> str:
    return _cpu_info("model name") or platform.processor() or platform.machine()


def _cpu_info(name: str) -> str:
    """The first value of a field of ``/proc/cpuinfo``; empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")
