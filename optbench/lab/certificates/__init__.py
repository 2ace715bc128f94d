"""What each rule is beside the rules of the same name of other libraries, measured: its certificate.

libraries/      how each library writes our rules: constructor, numbers, what differs and why
streams.py      gradients on which the rules are compared
ours.py         our side; the float64 oracle of the tests, where there is a checkout
worker.py       the libraries' side, in a Python that has them; elsewhere.py calls it
cases.py        which comparisons there are
measure.py      largest differences; found.py is what it finds
verdict.py      what a difference means: same, same once converted, differs, unexplained
docstrings.py   paper, eps, decay and differences as the rule's docstring tells them
cells.py        a word or two for a table, kept in certificates.json
page.py         the HTML page
"""
