"""SGD along an exponential average of the gradients: Kingma and Ba 2015, equation 1."""

from tests.optimizers.rules import correct_bias, each_tensor, skip_correction, with_formulas, with_values


@each_tensor
def oracle(grads, x, learning_rate, b, take=lambda b: 1 - b, correct=skip_correction, step=lambda before, m, g, b: m):
    m = 0.0 * x
    for t, g in enumerate(grads, start=1):
        before, m = m, b * m + take(b) * g
        yield -learning_rate * correct(step(before, m, g, b), b, t)


WRONG = {
    "adds the whole gradient": with_formulas(oracle, take=lambda b: 1.0),
    "weights swapped": with_values(oracle, b=lambda given: 1 - given["b"]),
    "uses the previous average": with_formulas(oracle, step=lambda before, m, g, b: before),
    "corrects the bias": with_formulas(oracle, correct=correct_bias),
    "Nesterov": with_formulas(oracle, step=lambda before, m, g, b: b * m + (1 - b) * g),
}
