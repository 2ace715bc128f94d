"""Batch normalization of images: Keras's layer, with faster formulas in training that give the same numbers.

    y = γ (x - mean) / sqrt(variance + ε) + β       mean and variance of each channel over the batch

Keras implements it by a dozen operations that broadcast a number per channel over the image. TensorFlow has a fused
kernel, which is slow for few channels and does not support float64.
"""

from typing import Any

import keras
import tensorflow as tf

Tensor = Any
FUSED_FROM = 32  # channels


class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalization over (batch, height, width, channels). The shape is static in training.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015, algorithm 1. The running variance is that of the batches;
    the paper multiplies it by m / (m - 1). Keras does not do so either.
    """

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Normalize by the statistics of the batch, and update the running statistics, which are used in evaluation."""
        if not training:
            return super().call(inputs, training=False)
        if inputs.dtype == tf.bfloat16:  # whose sums over a batch would have three digits
            return tf.cast(self.call(tf.cast(inputs, tf.float32), training=True), tf.bfloat16)
        wide = inputs.shape[-1] >= FUSED_FROM and inputs.dtype == tf.float32
        gamma, beta = (tf.cast(v, inputs.dtype) for v in (self.gamma, self.beta))
        outputs, mean, variance = (normalize_fused if wide else normalize_by_rows)(inputs, gamma, beta, self.epsilon)
        for running, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + tf.stop_gradient(of_batch) * (1 - self.momentum))
        return outputs


def normalize_fused(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return outputs, mean and variance from TensorFlow's fused kernel."""
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=epsilon)
    count = x.shape.num_elements() // x.shape[-1]
    return outputs, mean, variance * ((count - 1) / count)  # the kernel divides by count - 1


def normalize_by_rows(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return outputs, mean and variance, computed on whole image lines.

    Numbers per channel are repeated along a line, because TensorFlow is slow at broadcasting vectors as short as the
    channels.
    """
    batch, height, width, channels = x.shape
    count = batch * height * width

    def channel_mean(lines: Tensor) -> Tensor:
        return tf.reduce_sum(tf.reshape(tf.reduce_sum(lines, axis=0), (width, channels)), axis=0) / count

    def repeat_along_line(vector: Tensor) -> Tensor:
        return tf.tile(vector, [width])

    lines = tf.reshape(x, (batch * height, width * channels))
    mean = channel_mean(lines)
    centered = lines - repeat_along_line(mean)
    variance = channel_mean(tf.square(centered))
    outputs = centered * repeat_along_line(gamma * tf.math.rsqrt(variance + epsilon)) + repeat_along_line(beta)
    return tf.reshape(outputs, x.shape), mean, variance
