"""Code with one change each, and whether the learning gate detects it: ``make mutants``."""
