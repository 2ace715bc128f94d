"""Certificates of parameter groups: settings with ``optimizer.groups`` compared with libraries."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from optbench.config.build import check
from optbench.config.parameters import Node
from optbench.lab.certificates.cases import Key
from optbench.lab.certificates.comparison import GroupComparison, difference
from optbench.lab.certificates.group_settings import GroupSetting
from optbench.lab.certificates.library_updates import LibraryUpdates, ask_libraries
from optbench.lab.rules import rule_node
from optbench.lab.streams import CERTIFICATE_SHAPES, Stream
from optbench.lab.trajectories import Updates, compile_rule, rule_updates
from optbench.optimizers._groups import place_of
from optbench.spec.about import Library
from optbench.spec.parameter_names import describe_parameters
from optbench.spec.run import NO_WRAPPER
from optbench.study.read_groups import read_groups
from optbench.wrappers.base import compose_rule

PATHS = ("dense_0/kernel", "dense_1/kernel", "dense_2/kernel", "dense_2/bias")  # names for the streams' parameters
NAMES = describe_parameters(PATHS, CERTIFICATE_SHAPES)


class GroupCase(NamedTuple):
    """A setting to compare with a library."""

    setting: GroupSetting
    library: Library

    @property
    def key(self) -> Key:
        """A key that identifies the case."""
        return self.setting.name, self.library, "same"

    def task(self, streams: Mapping[str, Stream]) -> dict[str, Any]:
        """The case in the form that the worker reads."""
        parts = [{"constructor": p.constructor, "numbers": dict(p.numbers)} for p in self.setting.parts[self.library]]
        indices = {name: list(range(len(NAMES))) for name in streams}
        places = [place_of(name, list_patterns(self.setting)) for name in NAMES]
        return {"library": self.library, "parts": parts, "places": places, "transposed": False, "indices": indices}


def list_patterns(setting: GroupSetting) -> list[list[str]]:
    """The patterns of each group."""
    return [group["match"] for group in group_node(setting)["groups"]]


def group_node(setting: GroupSetting) -> Node:
    """The checked node of the groups of a setting."""
    return read_groups(list(setting.groups), optimizer_node(setting))


def optimizer_node(setting: GroupSetting) -> Node:
    """The checked node of the rule for parameters that no group matches."""
    return check({**rule_node(setting.optimizer), **setting.numbers}, "optimizer")


def our_updates(setting: GroupSetting, stream: Stream) -> Updates:
    """The float64 updates of a setting, combined as for training."""
    rule = compose_rule(optimizer_node(setting), group_node(setting), NO_WRAPPER, NAMES)
    return rule_updates(compile_rule(rule), stream, "float64")


def compare_groups(
    settings: Sequence[GroupSetting], streams: Mapping[str, Stream], python: str
) -> list[GroupComparison]:
    """Compare settings with the libraries that are installed in the given Python.

    Args:
        settings: our settings with their counterparts in libraries.
        streams: streams of gradients for parameters of :data:`CERTIFICATE_SHAPES`.
        python: the path of the Python.

    Raises:
        ConfigError: the Python cannot be run.
    """
    cases = [GroupCase(setting, library) for setting in settings for library in setting.parts]
    theirs = ask_libraries(cases, streams, python)
    ours = {setting.name: {n: our_updates(setting, stream) for n, stream in streams.items()} for setting in settings}
    return [
        compare_case(case, theirs, ours[case.setting.name])
        for case in cases
        if case.key in theirs.updates or case.key in theirs.failures
    ]


def compare_case(case: GroupCase, theirs: LibraryUpdates, ours: Mapping[str, Updates]) -> GroupComparison:
    """The comparison of a setting with a library, given our updates by stream."""
    by_stream = theirs.updates.get(case.key, {})
    same = {name: difference(ours[name], updates) for name, updates in by_stream.items()}
    return GroupComparison(case.setting, case.library, same, theirs.failures.get(case.key, ""))
