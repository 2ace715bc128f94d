"""The numbers of the learning gate from another process: another environment, or another source tree.

:mod:`optbench.lab.worker_loop` loads this file and passes it one question after the other:

    {"do": "numbers", "rules": {name: node}, "seeds": 2, "workers": 2, "xla": false, "out": FILE}
        {"failed": {name: why}}, and FILE with the columns rule, problem, seed, step, metric, value

It imports optbench from the search path of its process, which may hold another version: what it calls has to be there.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any


def start() -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The function that answers questions."""
    from optbench.runtime.tensorflow_import import import_tensorflow

    import_tensorflow()
    return answer


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one question."""
    from optbench.config.build import check
    from optbench.lab.gates.learning import train_rules
    from optbench.lab.gates.problems import fixed_study

    nodes = {name: check(dict(node), "optimizer") for name, node in question["rules"].items()}
    study = fixed_study()
    study = replace(study, seeds=question["seeds"]) if question["seeds"] else study
    modes = {"mode": "xla"} if question["xla"] else {}
    result = train_rules(nodes, study, question["workers"], **modes)
    result.numbers.to_csv(question["out"], index=False)
    return {"failed": dict(result.failed)}
