"""A problem: dataset, model, loss, regularizer and metrics, built and checked, and its reference values."""
