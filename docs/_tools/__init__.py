"""Sphinx extensions and commands of the documentation site."""
