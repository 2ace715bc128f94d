"""The updates that libraries' optimizers make, in whatever Python has them: ``python worker.py FOLDER``.

FOLDER holds ``tasks.json``, a list of ``{library, constructor, numbers, transposed, kept}``, where ``kept`` has the
places of the parameters by stream, and ``streams.npz``: of the stream s the parameters as ``s/params/0, 1, ...`` and
their gradients as ``s/grads/0, ...``, one array (steps, ...) each. The worker writes beside them ``updates.npz``, for
task i ``i/s/0, i/s/1, ...``, each (steps, ...), and ``answer.json``: versions of the libraries that are there, and what
was said of tasks that failed.

It imports nothing of optbench and no TensorFlow, so that any Python may run it; float64 throughout.
"""

import importlib
import json
import sys
from collections.abc import Callable, Mapping
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np

Array = Any  # np.ndarray
Task = Mapping[str, Any]
Run = Callable[[list[Array], list[Array]], list[Array]]  # from parameters and gradients to updates, (steps, ...) each
MODULES = {"Optax": "optax", "PyTorch": "torch", "pytorch-optimizer": "pytorch_optimizer"}
PACKAGES = {"Optax": "optax", "PyTorch": "torch", "pytorch-optimizer": "pytorch-optimizer"}


def main(folder: Path) -> None:
    """Do all tasks of a folder."""
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf8"))
    with np.load(folder / "streams.npz", allow_pickle=False) as arrays:
        streams = dict(arrays)
    updates: dict[str, Array] = {}
    failures: dict[str, str] = {}
    for number, task in enumerate(tasks):
        if util.find_spec(MODULES[task["library"]]) is None:
            continue
        try:
            run = RUNNERS[task["library"]](task)
            for name in task["kept"]:
                made = run(of_stream(streams, task, name, "params"), of_stream(streams, task, name, "grads"))
                updates |= {f"{number}/{name}/{i}": turned(u, task) for i, u in enumerate(made)}
        except Exception as error:  # a library may raise anything
            failures[str(number)] = " ".join(f"{type(error).__name__}: {error}".split())
    np.savez(folder / "updates.npz", **updates)
    answer = {"versions": versions(), "failures": failures}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf8")


def versions() -> dict[str, str]:
    """The versions of the libraries that are there, by name."""
    return {name: metadata.version(PACKAGES[name]) for name, module in MODULES.items() if util.find_spec(module)}


def of_stream(streams: Mapping[str, Array], task: Task, name: str, what: str) -> list[Array]:
    """The parameters of a stream that a task is about, or their gradients, as the library stores them."""
    return [turned(streams[f"{name}/{what}/{i}"], task) for i in task["kept"][name]]


def turned(x: Array, task: Task) -> Array:
    """Weights the other way round, where the library stores them so."""
    return np.swapaxes(x, -1, -2) if task["transposed"] else x


def of_optax(task: Task) -> Run:
    """A function from parameters and gradients to the updates that an optimizer of Optax makes, compiled."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import optax

    rule = found("optax", task["constructor"])(**numbers_of(task))

    def step(carry: Any, g: Any) -> Any:
        params, state = carry
        updates, state = rule.update(g, state, params)
        return (optax.apply_updates(params, updates), state), updates

    run = jax.jit(lambda params, grads: jax.lax.scan(step, (params, rule.init(params)), grads)[1])
    return lambda params, grads: [np.asarray(u) for u in run(params, grads)]


def of_torch(task: Task) -> Run:
    """A function from parameters and gradients to the updates that an optimizer of PyTorch's kind makes."""
    import torch

    def run(params: list[Array], grads: list[Array]) -> list[Array]:
        moved = [torch.nn.Parameter(torch.tensor(p)) for p in params]
        rule = found(MODULES[task["library"]], task["constructor"])(moved, **numbers_of(task))
        updates = []
        for step in range(len(grads[0])):
            before = [p.detach().clone() for p in moved]
            for p, g in zip(moved, grads, strict=True):
                p.grad = torch.tensor(g[step])
            rule.step()
            updates.append([(p.detach() - b).numpy() for p, b in zip(moved, before, strict=True)])
        return [np.stack(column) for column in zip(*updates, strict=True)]

    return run


def found(module: str, path: str) -> Any:
    """The constructor of a dotted path inside a module."""
    place: Any = importlib.import_module(module)
    for name in path.split("."):
        place = getattr(place, name)
    return place


def numbers_of(task: Task) -> dict[str, Any]:
    """The keywords of a task, lists as the tuples that they were."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in task["numbers"].items()}


RUNNERS = {"Optax": of_optax, "PyTorch": of_torch, "pytorch-optimizer": of_torch}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
