"""Diagnostics of training, one file per item; ``base.py`` defines the type of the group."""
