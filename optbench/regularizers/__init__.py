"""Regularizers, one per file: a penalty on the weights."""
