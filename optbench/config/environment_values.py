"""Values that come from environment variables: training uses the value, files contain only the reference.

    dataset.path=${oc.env:DATA}/table.csv    trains on this file, and writes ${oc.env:DATA}/table.csv
                                             into tables, study files and pages

Such a value is a string or a number with a :attr:`reference`. Run ids depend on the value.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

FROM_ENVIRONMENT = "oc.env"
REFERENCE = re.compile(r"\$\{\.*([\w.]+)\}")
SHORTEST = 5  # values with at least this many characters are replaced anywhere; shorter ones only as whole words

T = TypeVar("T")


class EnvironmentText(str):
    """A string that came from the environment."""

    reference: str


class EnvironmentFloat(float):
    """A float that came from the environment."""

    reference: str


class EnvironmentInt(int):
    """An integer that came from the environment."""

    reference: str


KINDS: tuple[tuple[type, type], ...] = ((str, EnvironmentText), (float, EnvironmentFloat), (int, EnvironmentInt))


def mark(plain: Any, unresolved: Any) -> Any:
    """Mark the values of a configuration that came from the environment.

    Args:
        plain: the resolved configuration.
        unresolved: the same configuration with its interpolations.
    """
    texts = dict(leaves(unresolved))
    found: set[str] = set()
    while True:
        more = {path for path, text in texts.items() if path not in found and refers(text, found)}
        if not more:
            break
        found |= more
    return mark_leaves(plain, unresolved, "", found) if found else plain


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The strings of a configuration, each with its dotted path."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from leaves(value, f"{path}.{place}")
    elif isinstance(data, str):
        yield path, data


def refers(text: str, found: set[str]) -> bool:
    """Whether a string refers to the environment, directly or through a value that does."""
    if "${" not in text:
        return False
    read = REFERENCE.findall(text)
    return FROM_ENVIRONMENT in text or any(path == each or path.endswith(f".{each}") for each in read for path in found)


def mark_leaves(plain: Any, unresolved: Any, path: str, found: set[str]) -> Any:
    """Return ``plain`` with the values at the paths in ``found`` marked."""
    if path in found:
        return marked(plain, str(unresolved))
    if isinstance(plain, dict):
        inner = unresolved if isinstance(unresolved, Mapping) else {}
        return {k: mark_leaves(v, inner.get(k), f"{path}.{k}" if path else str(k), found) for k, v in plain.items()}
    if isinstance(plain, list):
        members = unresolved if isinstance(unresolved, list) else [None] * len(plain)
        return [mark_leaves(v, u, f"{path}.{i}", found) for i, (v, u) in enumerate(zip(plain, members, strict=False))]
    return plain


def marked(value: Any, reference: str) -> Any:
    """Return a value with its reference. In a list or a dictionary, each value gets the reference."""
    if isinstance(value, dict):
        return {key: marked(member, reference) for key, member in value.items()}
    if isinstance(value, list):
        return [marked(member, reference) for member in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind, environment_kind in KINDS:
        if isinstance(value, kind):
            found = environment_kind(value)
            found.reference = reference
            return found
    return value


def reference_of(value: Any) -> str | None:
    """The reference of a value that came from the environment; None for any other value."""
    return getattr(value, "reference", None) if isinstance(value, tuple(kind for _, kind in KINDS)) else None


def hide(data: Any) -> Any:
    """Replace values from the environment by their references."""
    reference = reference_of(data)
    if reference is not None:
        return reference
    if isinstance(data, Mapping):
        return {key: hide(value) for key, value in data.items()}
    return [hide(value) for value in data] if isinstance(data, list) else data


def hidden_texts(data: Any) -> dict[str, str]:
    """The strings in plain data that came from the environment, with their references."""
    if isinstance(data, EnvironmentText):
        return {str(data): data.reference} if len(data) >= SHORTEST else {}
    members = data.values() if isinstance(data, Mapping) else data if isinstance(data, list | tuple) else ()
    return {text: reference for member in members for text, reference in hidden_texts(member).items()}


def hide_everywhere(data: T, texts: Mapping[str, str]) -> T:
    """Replace values from the environment by their references in all fields of a dataclass, also inside strings."""
    reference = reference_of(data)
    if reference is not None:
        return reference  # type: ignore[return-value]
    if isinstance(data, str):
        return hide_in_text(data, texts)  # type: ignore[return-value]
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        changes = {f.name: hide_everywhere(getattr(data, f.name), texts) for f in dataclasses.fields(data) if f.init}
        return dataclasses.replace(data, **changes)
    if isinstance(data, tuple) and hasattr(data, "_make"):
        return type(data)._make(hide_everywhere(each, texts) for each in data)  # type: ignore[no-any-return]
    if isinstance(data, dict):
        return {key: hide_everywhere(value, texts) for key, value in data.items()}  # type: ignore[return-value]
    if isinstance(data, list | tuple):
        return type(data)(hide_everywhere(each, texts) for each in data)
    return data


def hide_in_text(text: str, texts: Mapping[str, str]) -> str:
    """Replace values from the environment by their references in a string, the longest first."""
    for value in sorted(texts, key=len, reverse=True):
        text = text.replace(value, texts[value])
    return text
