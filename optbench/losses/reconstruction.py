"""Squared error of reconstructed inputs."""

from optbench.datasets.base import Dataset
from optbench.losses._inputs import check_restored, squared_errors
from optbench.losses.base import Loss, largest_output
from optbench.models.base import Model, input_numbers


def reconstruction() -> Loss:
    """Sum over the numbers of an example of the squared difference between output and input.

    .. math:: \\sum_k (x_k - z_k)^2

    The targets of the data set are not used. They are replaced by the model's inputs, after scaling and augmentation.
    There is no accuracy. At least 0, in the square of the inputs' unit.

    Raises:
        ConfigError: (from ``check``) the model does not have one output for each number of an example.

    Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", 2006, whose
    squared reconstruction error is this sum.
    """
    return Loss(squared_errors, largest_output, check, of_inputs=True)  # decide is never called: there are no classes


def check(dataset: Dataset, model: Model) -> None:
    """Raise unless ``model`` has one output for each number of an example."""
    advice = "Take loss=vae for model=vae; else leave model.outputs=null."
    check_restored("reconstruction", dataset, model, model.outputs == input_numbers(dataset), advice)
