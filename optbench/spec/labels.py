"""Labels: the names of problems and settings in a study.

A label is the stem of the YAML file plus the values that vary in the study: ``adam`` if there is one Adam, ``adam
learning_rate=0.01`` if there are several. Labels are unique: if the values do not distinguish two settings, a part of
the id is added.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from optbench.config.build import flatten, locate
from optbench.config.parameters import TARGET, Node, dotted_path, format_value, parameters
from optbench.spec.groups import describe_all_groups
from optbench.spec.run import ProblemConfig, Setting

FEWEST_DIGITS = 3


def rule_name(stem: str, node: Node) -> str:
    """The stem of the YAML file, plus the values that the rule's signature puts into its name: ``keras Adam``."""
    declared = parameters(locate(node[TARGET]))
    named = [format_value(value) for name, value in node.items() if name != TARGET and declared[name].in_name]
    return " ".join([stem, *named])


def setting_labels(settings: Mapping[str, Setting]) -> dict[str, str]:
    """A label for each setting, by its id."""
    return _labels(
        {key: _setting_stem(s) for key, s in settings.items()}, {k: _of_setting(s) for k, s in settings.items()}
    )


def problem_labels(problems: Mapping[str, ProblemConfig]) -> dict[str, str]:
    """A label for each problem, by its id."""
    return _labels(
        {key: _problem_stem(p) for key, p in problems.items()}, {k: _of_problem(p) for k, p in problems.items()}
    )


def _labels(stems: Mapping[str, str], values: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Labels from stems and the values that vary among those with the same stem."""
    alike: dict[str, list[str]] = defaultdict(list)
    for key, stem in stems.items():
        alike[stem].append(key)
    labels = {}
    for stem, keys in alike.items():
        texts = {name: _texts([values[key].get(name) for key in keys]) for name in _varying([values[k] for k in keys])}
        for place, key in enumerate(keys):
            labels[key] = " ".join([stem, *(f"{name}={texts[name][place]}" for name in texts)])
    taken = Counter(labels.values())
    return {k: labels[k] if taken[labels[k]] == 1 else f"{labels[k]} #{k[:6]}" for k in stems}


def _texts(values: Sequence[Any]) -> list[str]:
    """Values as text; numbers have only as many digits as needed to distinguish them."""
    exact = [format_value(value) for value in values]
    for digits in range(FEWEST_DIGITS, 17):
        short = [f"{v:.{digits}g}" if isinstance(v, float) else text for v, text in zip(values, exact, strict=True)]
        if len(set(short)) == len(set(exact)):
            return short
    return exact


def _varying(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The names of the values that differ. A target is left out if the name of its item also differs."""
    names = dict.fromkeys(name for row in rows for name in row)
    varying = [name for name in names if len({format_value(row.get(name)) for row in rows}) > 1]
    return [name for name in varying if not (name.endswith(f".{TARGET}") and name.rpartition(".")[0] in varying)]


def _setting_stem(setting: Setting) -> str:
    return setting.names["optimizer"]


def _of_setting(setting: Setting) -> dict[str, Any]:
    schedule = {"schedule": setting.names["schedule"], **_leaves(setting.schedule, "schedule")}
    groups = {"groups": words} if (words := describe_all_groups(setting.groups)) else {}
    return {**_leaves(setting.optimizer), **groups, **schedule, **wrapper_values(setting)}


def wrapper_values(setting: Setting) -> dict[str, Any]:
    """The hyperparameters of a setting's wrappers by dotted name, such as ``lookahead.every``."""
    stems = [(node, node[TARGET].rpartition(".")[2]) for node in setting.wrapper["wrappers"]]
    return {dotted_path(stem, name): value for node, stem in stems for name, value in node.items() if name != TARGET}


def problem_words(names: Mapping[str, str]) -> list[str]:
    """The data set and the model; a test function has no data set and is named by itself.

    An imported run has a single problem name, in place of the data set.
    """
    data = names["loss"] if names["dataset"] == "none" else names["dataset"]
    return [word for word in (data, names["model"]) if word]


def _problem_stem(problem: ProblemConfig) -> str:
    return "_".join(problem_words(problem.names))


def _of_problem(problem: ProblemConfig) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for group, node in problem.nodes.items():
        if group not in ("dataset", "model"):
            parts[group] = problem.names[group]
        parts |= _leaves(flatten(node), group)
    budget = problem.budget
    rest = {"batch_size": problem.batch_size, "batches.order": problem.order, "precision": problem.precision}
    looked_at = {"eval.points": budget.points, "eval.drop_last": problem.drop_last}
    recorded: dict[str, Any] = {} if problem.metrics is None else {"metrics": [dict(node) for node in problem.metrics]}
    recorded |= {} if problem.diagnose is None else {"diagnose": [dict(node) for node in problem.diagnose]}
    return {**parts, **rest, **recorded, "epochs": budget.epochs, "steps": budget.steps, **looked_at}


def _leaves(node: Node, path: str = "") -> dict[str, Any]:
    return {dotted_path(path, name): value for name, value in node.items()}
