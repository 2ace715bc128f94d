"""Each rule once more, from its formula, in float64 NumPy: a function from gradients to updates.

Written from the papers, not from the rules. Adding a rule here is one function under the rule's name.
"""

import numpy as np


def sgd(grads, learning_rate):
    return [-learning_rate * g for g in grads]


def sgdm(grads, learning_rate, b):
    m, updates = 0.0, []
    for g in grads:
        m = b * m + (1 - b) * g
        updates.append(-learning_rate * m)
    return updates


def momentum(grads, learning_rate, mu, nesterov=False):
    v, updates = 0.0, []
    for g in grads:
        v = mu * v + g
        updates.append(-learning_rate * (g + mu * v if nesterov else v))
    return updates


def adagrad(grads, learning_rate, eps):
    return [-learning_rate * g / (np.sqrt(sum(h**2 for h in grads[: t + 1])) + eps) for t, g in enumerate(grads)]


def rmsprop(grads, learning_rate, b, eps):
    v, updates = 0.0, []
    for g in grads:
        v = b * v + (1 - b) * g**2
        updates.append(-learning_rate * g / (np.sqrt(v) + eps))
    return updates


def adadelta(grads, learning_rate, rho, eps):
    v, u, updates = 0.0, 0.0, []
    for g in grads:
        v = rho * v + (1 - rho) * g**2
        delta = -np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u = rho * u + (1 - rho) * delta**2
        updates.append(learning_rate * delta)
    return updates


def adam(grads, learning_rate, b1, b2, eps):
    m, v, updates = 0.0, 0.0, []
    for t, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        updates.append(-learning_rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps))
    return updates
