"""Colors: each optimizer has a fixed color with a value for light mode and one for dark mode.

Figures are drawn with the light values. On the page each color is a CSS variable, which dark mode redefines.
"""

import hashlib
from collections.abc import Iterable

LIGHT = ["#2f6fc4", "#cc4b37", "#1f8a57", "#b07d00", "#8250b8", "#0f8b8d", "#c2478f", "#6b7a1e", "#8c564b", "#5a6b7b"]
DARK = ["#7fb0f5", "#ff8f7d", "#6fd09c", "#e8b84a", "#c3a0f5", "#5fd3d5", "#f59acb", "#c3d26a", "#dba897", "#a9bccd"]
SALT = (63862).to_bytes(4, "big")  # with this salt, the six classic optimizers have six clearly distinguishable colors
INK, MUTED, RULE = "#1d2129", "#5b6472", "#d5dae1"  # colors of text, axes and grid, which are also CSS variables


def optimizer_colors(optimizers: Iterable[str]) -> dict[str, str]:
    """Return a color for each optimizer.

    The color depends on the name of the optimizer. It is the same in every figure, and in most reports.
    """
    colors: dict[str, str] = {}
    for name in sorted(set(optimizers)):
        first = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4, salt=SALT).digest(), "big")
        order = [LIGHT[(first + i) % len(LIGHT)] for i in range(len(LIGHT))]
        free = [color for color in order if color not in colors.values()]
        colors[name] = (free or order)[0]
    return colors


def css_variables() -> dict[str, str]:
    """Return the CSS variable of each color that figures use."""
    series = {color: f"var(--series-{i})" for i, color in enumerate(LIGHT)}
    return {**series, INK: "var(--ink)", MUTED: "var(--muted)", RULE: "var(--rule)"}
