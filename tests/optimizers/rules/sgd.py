"""Steepest descent: Robbins and Monro 1951, equation 6."""

from tests.optimizers.rules import each_tensor, with_formulas, with_values


@each_tensor
def oracle(grads, x, learning_rate, direction=-1.0, late=False):
    for before, g in zip([grads[0], *grads], grads, strict=False):
        yield direction * learning_rate * (before if late else g)


WRONG = {
    "ascends": with_formulas(oracle, direction=1.0),
    "rate off by 1e-5": with_values(oracle, learning_rate=lambda given: given["learning_rate"] * (1 + 1e-5)),
    "one step behind": with_formulas(oracle, late=True),
}
