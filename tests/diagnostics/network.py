"""A small network in float64 NumPy, with its gradient written by hand and its Hessian as a dense matrix."""

import numpy as np

STEP = 1e-5  # of central differences; their error is about 1e-10


class Network:
    """Iris, one hidden layer of tanh, softmax cross-entropy. Parameters are a list ``[w0, b0, w1, b1]``."""

    def __init__(self, x, y):
        self.x, self.y = np.asarray(x, np.float64).reshape(len(x), -1), np.asarray(y).reshape(-1)

    def loss(self, params):
        return self._forward(params)[0]

    def gradient(self, params):
        _, hidden, probabilities = self._forward(params)
        w1 = params[2]
        delta = (probabilities - np.eye(probabilities.shape[1])[self.y]) / len(self.y)
        before = delta @ w1.T * (1 - hidden**2)
        return [self.x.T @ before, before.sum(axis=0), hidden.T @ delta, delta.sum(axis=0)]

    def hessian(self, params):
        """Central differences of the gradient, (n, n)."""
        theta = flat(params)
        rows = [
            (flat(self.gradient(shaped(theta + e, params))) - flat(self.gradient(shaped(theta - e, params)))) / 2 / STEP
            for e in STEP * np.eye(len(theta))
        ]
        return (np.array(rows) + np.array(rows).T) / 2

    def _forward(self, params):
        w0, b0, w1, b1 = params
        hidden = np.tanh(self.x @ w0 + b0)
        logits = hidden @ w1 + b1
        logits = logits - logits.max(axis=1, keepdims=True)
        log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -log_probabilities[np.arange(len(self.y)), self.y].mean(), hidden, np.exp(log_probabilities)


def flat(tensors):
    """All elements as one vector."""
    return np.concatenate([np.ravel(t) for t in tensors])


def shaped(vector, like):
    """The inverse of :func:`flat`."""
    cuts = np.cumsum([t.size for t in like])[:-1]
    return [part.reshape(t.shape) for part, t in zip(np.split(vector, cuts), like, strict=True)]
