"""Formulas as MathML, which browsers draw by themselves: no script and no network."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer ``mathml`` with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def to_mathml(formula: str, display: str) -> str:
    """A formula of LaTeX as MathML; several lines are aligned at ``&``.

    Args:
        formula: of docstrings, whose Greek letters may be Unicode.
        display: inline or block.
    """
    text = re.sub(r"(\w)\u0302", r"\\hat{\1}", re.sub(r"(\w)\u0304", r"\\bar{\1}", formula.strip()))
    text = text.replace("\u0177", r"\hat{y}").replace("\u1e91", r"\hat{z}").replace("\u0175", r"\hat{w}")
    if "\\\\" in text or "&" in text:
        text = rf"\begin{{align*}} {text} \end{{align*}}"
    return convert(text, display=display)


def visit_math(self: Any, node: Any) -> None:
    """Write a formula inside a sentence."""
    self.body.append(to_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_math_block(self: Any, node: Any) -> None:
    """Write a formula on lines of its own."""
    self.body.append(f'<div class="formula">{to_mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode
