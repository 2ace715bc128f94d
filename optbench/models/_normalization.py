"""Batch normalisation of images: Keras's layer, in training by faster ways to the same numbers.

    y = γ (x - mean) / sqrt(variance + ε) + β       mean and variance of each channel over the batch

Keras writes it as a dozen operations that spread a number for each channel over the image. TensorFlow has a kernel that
does it at once; that is slow where there are few channels, and knows no float64.
"""

from typing import Any

import keras
import tensorflow as tf

Tensor = Any
FUSED_FROM = 32  # channels


class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalisation over (batch, height, width, channels), the shape static in training.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015, algorithm 1. The running variance is that of the batches,
    not, as there, times m / (m - 1): Keras has it so.
    """

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Normalise by the batch's statistics and remember them; in evaluation by the remembered ones."""
        if not training:
            return super().call(inputs, training=False)
        wide = inputs.shape[-1] >= FUSED_FROM and inputs.dtype == tf.float32
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        outputs, mean, variance = (in_one_kernel if wide else in_rows)(inputs, gamma, beta, self.epsilon)
        for running, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + tf.stop_gradient(of_batch) * (1 - self.momentum))
        return outputs


def in_one_kernel(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Outputs, mean and variance by TensorFlow's fused kernel."""
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=epsilon)
    count = x.shape.num_elements() // x.shape[-1]
    return outputs, mean, variance * ((count - 1) / count)  # the kernel divides by count - 1


def in_rows(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Outputs, mean and variance, written out on rows of whole image lines.

    What differs by channel is repeated along a line: TensorFlow is slow at spreading a vector as short as the channels.
    """
    batch, height, width, channels = x.shape
    count = batch * height * width

    def mean_of(lines: Tensor) -> Tensor:
        return tf.reduce_sum(tf.reshape(tf.reduce_sum(lines, axis=0), (width, channels)), axis=0) / count

    def along(vector: Tensor) -> Tensor:
        return tf.tile(vector, [width])

    lines = tf.reshape(x, (batch * height, width * channels))
    mean = mean_of(lines)
    centred = lines - along(mean)
    variance = mean_of(tf.square(centred))
    outputs = centred * along(gamma * tf.math.rsqrt(variance + epsilon)) + along(beta)
    return tf.reshape(outputs, x.shape), mean, variance
