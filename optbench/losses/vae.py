"""The loss of a variational autoencoder: squared reconstruction error plus a divergence."""

from typing import Any

import tensorflow as tf

from optbench.datasets.base import Dataset
from optbench.losses._inputs import check_restored, squared_errors
from optbench.losses.base import Loss, largest_output
from optbench.models.base import Model, input_numbers

Tensor = Any


def vae() -> Loss:
    """Squared reconstruction error plus the Kullback-Leibler divergence from a standard normal distribution.

    .. math:: \\sum_k (x_k - z_k)^2 - \\frac12 \\sum_j (1 + s_j - μ_j^2 - e^{s_j})

    The outputs of an example are the reconstruction z, of the size of its inputs x, followed by the means μ and the log
    variances s of its latent variables, as in ``model=vae``. The targets of the data set are not used. There is no
    accuracy. At least 0.

    Raises:
        ConfigError: (from ``check``) the model does not have latent variables in addition to one output for each number
            of an example.

    Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2013, equation 10 and appendix B, with a squared
    error instead of a log-likelihood, as in Schneider, Balles and Hennig, "DeepOBS", 2019.
    """
    return Loss(value, largest_output, check, of_inputs=True)  # decide is never called: there are no classes


def value(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each example: outputs (batch, numbers + 2 · latent), targets (batch, numbers) -> (batch,)."""
    numbers = targets.shape[-1]
    mean, log_variance = tf.split(outputs[..., numbers:], 2, axis=-1)
    divergence = -tf.reduce_sum(1 + log_variance - tf.square(mean) - tf.exp(log_variance), axis=-1) / 2
    return squared_errors(outputs[..., :numbers], targets) + divergence


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless ``model`` has means and log variances in addition to one output for each number of an example."""
    latent = model.outputs - (input_numbers(dataset) if dataset.kind == "reconstruction" else 0)
    advice = "Take model=vae, which has means and variances of latent numbers beside them, or loss=reconstruction."
    check_restored("vae", dataset, model, latent > 0 and latent % 2 == 0, advice)
