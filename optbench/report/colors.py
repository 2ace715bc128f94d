"""Colours: one fixed colour an optimizer, in a light and a dark value.

A figure is drawn with the light values; on the page each becomes a CSS variable, which dark mode sets anew.
"""

import hashlib
from collections.abc import Iterable

LIGHT = ["#2f6fc4", "#cc4b37", "#1f8a57", "#b07d00", "#8250b8", "#0f8b8d", "#c2478f", "#6b7a1e", "#8c564b", "#5a6b7b"]
DARK = ["#7fb0f5", "#ff8f7d", "#6fd09c", "#e8b84a", "#c3a0f5", "#5fd3d5", "#f59acb", "#c3d26a", "#dba897", "#a9bccd"]
SALT = (63862).to_bytes(4, "big")  # under which the six classics get six colours, and the best ones
INK, MUTED, RULE = "#1d2129", "#5b6472", "#d5dae1"  # text, axes, grid; the page replaces them too


def optimizer_colors(optimizers: Iterable[str]) -> dict[str, str]:
    """A colour for each optimizer, which follows from its name: the same in every figure, and in most reports."""
    taken: dict[str, str] = {}
    for name in sorted(set(optimizers)):
        wanted = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4, salt=SALT).digest(), "big")
        order = [LIGHT[(wanted + i) % len(LIGHT)] for i in range(len(LIGHT))]
        free = [color for color in order if color not in taken.values()]
        taken[name] = (free or order)[0]
    return taken


def css_variables() -> dict[str, str]:
    """For each colour that a figure is drawn with, the CSS variable that stands for it on the page."""
    series = {color: f"var(--series-{i})" for i, color in enumerate(LIGHT)}
    return {**series, INK: "var(--ink)", MUTED: "var(--muted)", RULE: "var(--rule)"}
