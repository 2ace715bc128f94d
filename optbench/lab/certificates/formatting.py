"""Numbers, calls and sentences of a certificate as text and HTML."""

import math
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from optbench.spec.about import Library, Numbers

PREFIXES: Mapping[Library, str] = {
    "Keras": "keras.optimizers.",
    "PyTorch": "torch.",
    "Optax": "optax.",
    "pytorch-optimizer": "pytorch_optimizer.",
}


def format_values(values: Any) -> str:
    """A number, or nested lists of numbers, with six digits; a single number without brackets."""
    text = format_nested(values)
    return text.strip("[]") if "," not in text else text


def format_nested(values: Any) -> str:
    """Nested lists of numbers with six digits."""
    if isinstance(values, list):
        return "[" + ", ".join(map(format_nested, values)) + "]"
    return f"{values + 0.0:.6g}"  # + 0.0 turns -0.0 into 0.0


def format_call(library: Library, constructor: str, numbers: Numbers) -> str:
    """A library's constructor with its keyword arguments, as Python code."""
    return f"{PREFIXES[library]}{constructor}({format_keywords(numbers)})"


def format_ours(rule: str, numbers: Numbers) -> str:
    """Our rule with numbers that replace those of its YAML file, as Python code."""
    return f"ob.optimizer({rule!r}, {format_keywords(numbers)})"


def format_keywords(numbers: Numbers) -> str:
    """Keyword arguments as Python code."""
    return ", ".join(f"{name}={format_literal(value)}" for name, value in numbers.items())


def format_literal(value: Any) -> str:
    """A value as Python code; lists as the tuples that the constructor receives."""
    return repr(tuple(value)) if isinstance(value, list) else repr(value)


def format_difference(difference: float) -> str:
    """A difference with one digit."""
    return "no number" if not math.isfinite(difference) else ("0" if difference == 0 else f"{difference:.0e}")


def format_code(text: str) -> Markup:
    """A sentence, escaped, with code between backquotes marked as code."""
    return Markup(re.sub(r"`{1,2}([^`]+)`{1,2}", r"<code>\1</code>", str(escape(text))))
