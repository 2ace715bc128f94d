"""Certificates: measured comparisons of each rule with the rules of the same name in other libraries.

cases.py             the comparisons to make, as the rules declare them (optbench/spec/about.py)
library_updates.py   updates of libraries' rules; library_worker.py runs in a Python with the libraries
keras_updates.py     updates of Keras's rules
oracles.py           updates of float64 oracles, from a package that the user names
groups.py            settings with parameter groups, compared with libraries; group_settings.py lists them
measure.py           largest differences; comparison.py has the types of its results
verdict.py           the meaning of a difference: same, same with equal conventions, different, unexplained
docstrings.py        paper, eps, decay and differences from the rule's docstring
cells.py             a summary of a few words per rule, in certificates.json
page.py              the HTML page; group_rows.py makes its section on parameter groups, formatting.py numbers and calls
"""
