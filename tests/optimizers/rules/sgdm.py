"""SGD along an exponential average of the gradients: Kingma and Ba 2015, equation 1."""

from tests.optimizers.rules import corrected, each_tensor, mistaken, renumbered, uncorrected


@each_tensor
def oracle(grads, x, learning_rate, b, take=lambda b: 1 - b, correct=uncorrected, step=lambda before, m, g, b: m):
    m = 0.0 * x
    for t, g in enumerate(grads, start=1):
        before, m = m, b * m + take(b) * g
        yield -learning_rate * correct(step(before, m, g, b), b, t)


WRONG = {
    "adds the whole gradient": mistaken(oracle, take=lambda b: 1.0),
    "weights swapped": renumbered(oracle, b=lambda given: 1 - given["b"]),
    "uses the average before": mistaken(oracle, step=lambda before, m, g, b: before),
    "corrects the bias": mistaken(oracle, correct=corrected),
    "Nesterov": mistaken(oracle, step=lambda before, m, g, b: b * m + (1 - b) * g),
}
