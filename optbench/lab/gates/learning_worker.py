"""The numbers of the learning gate from another process: another environment, or another source tree.

:mod:`optbench.lab.worker_loop` loads this file and passes questions to it one by one:

    {"do": "numbers", "rules": {name: node}, "seeds": 2, "workers": 2, "xla": false, "out": FILE}
        {"failed": {name: why}}, and FILE with the columns rule, problem, seed, step, metric, value A rule that does not
        exist in the tree, or cannot be made or trained, has failed.

It imports optbench from the search path of its process, which may contain another version with the same functions.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

COLUMNS = ("rule", "problem", "seed", "step", "metric", "value")


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

    nodes, failed = {}, {}
    for name, node in question["rules"].items():
        try:
            nodes[name] = check(dict(node), "optimizer")
        except Exception as error:  # this version of optbench may have other exceptions
            failed[name] = str(error)
    if not nodes:
        Path(question["out"]).write_text(",".join(COLUMNS) + "\n", encoding="utf8")
        return {"failed": failed}
    study = fixed_study()
    study = replace(study, seeds=question["seeds"]) if question["seeds"] else study
    modes = {"mode": "xla"} if question["xla"] else {}
    result = train_rules(nodes, study, question["workers"], **modes)
    result.numbers.to_csv(question["out"], index=False)
    return {"failed": {**failed, **result.failed}}
