"""Activation functions that a model's configuration may name."""

from typing import Literal

Activation = Literal["relu", "tanh", "sigmoid", "linear"]
OutputActivation = Literal["linear", "softmax", "sigmoid", "tanh"]
