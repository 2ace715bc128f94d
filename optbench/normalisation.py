"""Batch normalisation of images: Keras's layer, in training by faster ways to the same numbers.

    y = γ (x - mean) / sqrt(variance + ε) + β       mean and variance of each channel over the batch

Keras writes it as a dozen operations on the whole image and leaves the gradient to the tape. Wide images have a kernel
of TensorFlow's that does it at once; it is slow where there are few channels, and knows no float64.
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
    """Outputs, mean and variance, written out with their gradient on rows of whole image lines.

    What differs by channel is repeated along a line: TensorFlow is slow at spreading a vector as short as the channels.
    """
    batch, height, width, channels = x.shape
    count = batch * height * width

    def lines(t: Tensor) -> Tensor:
        return tf.reshape(t, (batch * height, width * channels))

    def total(t: Tensor) -> Tensor:
        return tf.reduce_sum(tf.reshape(tf.reduce_sum(t, axis=0), (width, channels)), axis=0)

    def along(t: Tensor) -> Tensor:
        return tf.tile(t, [width])

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def normalised(x: Tensor, gamma: Tensor, beta: Tensor) -> Any:
        mean = total(lines(x)) / count
        centred = lines(x) - along(mean)
        variance = total(tf.square(centred)) / count
        factor = tf.math.rsqrt(variance + epsilon)

        def gradient(dy: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            d_beta, along_x = total(lines(dy)), total(lines(dy) * centred)
            d_centred = lines(dy) * along(gamma * factor) - centred * along(gamma * factor**3 * along_x / count)
            dx = d_centred - along(gamma * factor * d_beta / count)
            return tf.reshape(dx, x.shape), along_x * factor, d_beta

        y = centred * along(gamma * factor) + along(beta)
        return (tf.reshape(y, x.shape), mean, variance), gradient

    return normalised(x, gamma, beta)  # type: ignore[no-any-return]
