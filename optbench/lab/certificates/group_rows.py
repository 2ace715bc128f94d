"""The section of the page on parameter groups: each setting as Python code, here and in libraries, with differences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from optbench.lab.certificates.comparison import GroupComparison
from optbench.lab.certificates.formatting import format_call, format_difference, format_keywords, format_literal
from optbench.lab.certificates.group_settings import GroupRule, GroupSetting
from optbench.lab.certificates.verdict import describe_groups
from optbench.spec.about import Numbers

OTHERS = "others"  # the parameters that no group matches


class GroupRow(NamedTuple):
    """The comparison of a setting with a library, as the template shows it."""

    library: str
    in_words: str
    same: Mapping[str, str]  # by stream
    sentence: str


class GroupCertificate(NamedTuple):
    """A setting, as the template shows it."""

    name: str
    code: Sequence[str]  # ours, and that of each library
    rows: Sequence[GroupRow]


def make_group_certificates(comparisons: Iterable[GroupComparison]) -> list[GroupCertificate]:
    """The certificates of all settings that were compared."""
    by_setting: dict[str, list[GroupComparison]] = {}
    for comparison in comparisons:
        by_setting.setdefault(comparison.setting.name, []).append(comparison)
    return [make_group_certificate(rows) for rows in by_setting.values()]


def make_group_certificate(comparisons: Sequence[GroupComparison]) -> GroupCertificate:
    """The certificate for one setting."""
    setting = comparisons[0].setting
    code = [format_our_groups(setting), *map(format_their_groups, comparisons)]
    return GroupCertificate(setting.name, code, [make_row(comparison) for comparison in comparisons])


def make_row(comparison: GroupComparison) -> GroupRow:
    """The row of a comparison."""
    return GroupRow(
        library=comparison.library,
        in_words="the same" if comparison.is_same else "unexplained",
        same={stream: format_difference(value) for stream, value in comparison.same.items()},
        sentence=describe_groups(comparison),
    )


def format_our_groups(setting: GroupSetting) -> str:
    """Our setting as Python code."""
    arguments = [repr(setting.optimizer), *([format_keywords(setting.numbers)] if setting.numbers else []), "groups=["]
    return "\n".join([f"ob.optimizer({', '.join(arguments)}", *(f"    {group!r}," for group in setting.groups), "])"])


def format_their_groups(comparison: GroupComparison) -> str:
    """A library's setting as Python code."""
    parts = dict(zip(name_parts(comparison.setting), comparison.setting.parts[comparison.library], strict=True))
    return FORMATS[comparison.library](parts)


def name_parts(setting: GroupSetting) -> list[str]:
    """A name for each part of the parameters: its pattern."""
    return [*(str(group["match"]) for group in setting.groups), OTHERS]


def format_optax(parts: Mapping[str, GroupRule]) -> str:
    """The parts in Optax's form."""
    calls = [format_call("Optax", part.constructor or "set_to_zero", part.numbers) for part in parts.values()]
    lines = [f"    {name!r}: {call}," for name, call in zip(parts, calls, strict=True)]
    return "\n".join(["optax.multi_transform({", *lines, "}, labels)"])


def format_torch(parts: Mapping[str, GroupRule]) -> str:
    """The parts in PyTorch's form."""
    frozen = [name for name, part in parts.items() if not part.constructor]
    lines = [f"for p in {name}: p.requires_grad_(False)" for name in frozen]
    for constructor in dict.fromkeys(part.constructor for part in parts.values() if part.constructor):
        members = [(name, part.numbers) for name, part in parts.items() if part.constructor == constructor]
        groups = [f"    {format_torch_group(name, frozen, numbers)}," for name, numbers in members]
        lines += [f"torch.{constructor}([", *groups, "])"]
    return "\n".join(lines)


def format_torch_group(name: str, frozen: Sequence[str], numbers: Numbers) -> str:
    """A parameter group of PyTorch; that of all other parameters also contains the frozen ones."""
    members = f"[{', '.join(f'*{each}' for each in (name, *frozen))}]" if name == OTHERS and frozen else name
    values = "".join(f", {key!r}: {format_literal(value)}" for key, value in numbers.items())
    return f"{{'params': {members}{values}}}"


FORMATS = {"PyTorch": format_torch, "Optax": format_optax}
