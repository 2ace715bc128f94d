"""Code with one change each, and whether the learning gate sees it: ``make mutants``."""
