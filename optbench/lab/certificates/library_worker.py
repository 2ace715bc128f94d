"""The updates of libraries' optimizers, computed in a process of a Python with the libraries.

:mod:`optbench.lab.worker_loop` loads this file and passes questions to it one by one:

    {"do": "versions"}                                          {library: version} of the installed libraries
    {"do": "run", "task": {...}, "streams": A, "updates": B}    {}; reads A and writes B, both .npz files

A task is ``{library, constructor, numbers, transposed, indices}``, where ``indices`` contains for each stream the
indices of the parameters to use. With parameter groups, constructor and numbers are replaced by ``parts``, a list of
``{constructor, numbers}``, and ``places``, the index of the part of each parameter. An empty constructor makes no
updates. A has the parameters of the stream s as ``s/params/0, 1, ...`` and their gradients as ``s/grads/0, ...``, one
array (steps, ...) each; B has their updates as ``s/0, ...`` in the same form.

This file imports neither optbench nor TensorFlow, so that any Python can run it. It uses float64 throughout.
"""

import importlib
from collections.abc import Callable, Mapping
from importlib import metadata, util
from typing import Any

import numpy as np

Array = Any  # np.ndarray
Task = Mapping[str, Any]
Run = Callable[[list[Array], list[Array]], list[Array]]  # from parameters and gradients to updates, (steps, ...) each
MODULES = {"Optax": "optax", "PyTorch": "torch", "pytorch-optimizer": "pytorch_optimizer"}
PACKAGES = {"Optax": "optax", "PyTorch": "torch", "pytorch-optimizer": "pytorch-optimizer"}


def start() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The function that answers questions."""
    return answer


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one question."""
    if question["do"] == "versions":
        return versions()
    with np.load(question["streams"], allow_pickle=False) as arrays:
        np.savez(question["updates"], **task_updates(question["task"], dict(arrays)))
    return {}


def versions() -> dict[str, str]:
    """The versions of the libraries that are installed, by name."""
    return {name: metadata.version(PACKAGES[name]) for name, module in MODULES.items() if util.find_spec(module)}


def task_updates(task: Task, streams: Mapping[str, Array]) -> dict[str, Array]:
    """The updates of a task on its streams."""
    run, updates = RUNNERS[task["library"]](task), {}
    for name, indices in task["indices"].items():
        params, grads = (
            [transpose(streams[f"{name}/{part}/{i}"], task) for i in indices] for part in ("params", "grads")
        )
        made = zip(indices, run(params, grads), strict=True)
        updates.update({f"{name}/{i}": transpose(u, task) for i, u in made})
    return updates


def transpose(x: Array, task: Task) -> Array:
    """Transpose weights if the library stores them transposed."""
    return np.swapaxes(x, -1, -2) if task["transposed"] else x


def make_optax_runner(task: Task) -> Run:
    """A compiled function from parameters and gradients to the updates of an Optax optimizer."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import optax

    rule = make_optax_rule(task)

    def step(carry: Any, g: Any) -> Any:
        params, state = carry
        updates, state = rule.update(g, state, params)
        return (optax.apply_updates(params, updates), state), updates

    run = jax.jit(lambda params, grads: jax.lax.scan(step, (params, rule.init(params)), grads)[1])
    return lambda params, grads: [np.asarray(u) for u in run(params, grads)]


def make_optax_rule(task: Task) -> Any:
    """The Optax optimizer of a task, with ``multi_transform`` if it has parameter groups."""
    import optax

    if "parts" not in task:
        return find_constructor("optax", task["constructor"])(**keywords(task))
    makers = [find_constructor("optax", part["constructor"] or "set_to_zero") for part in task["parts"]]
    rules = {str(i): make(**keywords(part)) for i, (make, part) in enumerate(zip(makers, task["parts"], strict=True))}
    return optax.multi_transform(rules, [str(place) for place in task["places"]])


def make_torch_runner(task: Task) -> Run:
    """A function from parameters and gradients to the updates of an optimizer with PyTorch's interface."""
    import torch

    def run(params: list[Array], grads: list[Array]) -> list[Array]:
        variables = [torch.nn.Parameter(torch.tensor(p)) for p in params]
        rules, updates = make_torch_rules(task, variables), []
        for step in range(len(grads[0])):
            before = [p.detach().clone() for p in variables]
            for p, g in zip(variables, grads, strict=True):
                p.grad = torch.tensor(g[step]) if p.requires_grad else None
            for rule in rules:
                rule.step()
            updates.append([(p.detach() - b).numpy() for p, b in zip(variables, before, strict=True)])
        return [np.stack(column) for column in zip(*updates, strict=True)]

    return run


def make_torch_rules(task: Task, variables: list[Any]) -> list[Any]:
    """The optimizers of a task: a single one, or with parameter groups, one per constructor.

    Frozen parameters belong to the optimizer of the last part, as if all parameters of a model were passed although
    some do not require gradients.
    """
    module = MODULES[task["library"]]
    if "parts" not in task:
        return [find_constructor(module, task["constructor"])(variables, **keywords(task))]
    groups: dict[str, list[dict[str, Any]]] = {}
    members = [
        [v for v, at in zip(variables, task["places"], strict=True) if at == i] for i in range(len(task["parts"]))
    ]
    for part, found in zip(task["parts"], members, strict=True):
        if part["constructor"]:
            groups.setdefault(part["constructor"], []).append({"params": found, **keywords(part)})
        else:
            members[-1].extend(variable.requires_grad_(False) for variable in found)
    return [find_constructor(module, constructor)(of_rule) for constructor, of_rule in groups.items()]


def find_constructor(module: str, path: str) -> Any:
    """The constructor at a dotted path inside a module."""
    place: Any = importlib.import_module(module)
    for name in path.split("."):
        place = getattr(place, name)
    return place


def keywords(task: Task) -> dict[str, Any]:
    """The keyword arguments of a task. Lists, which JSON made of tuples, are converted back."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in task["numbers"].items()}


RUNNERS = {"Optax": make_optax_runner, "PyTorch": make_torch_runner, "pytorch-optimizer": make_torch_runner}
