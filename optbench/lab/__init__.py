"""Examination of update rules: regression gates, certificates and conformance checks.

streams.py           streams of gradients
trajectories.py      a rule run over a stream: its updates
rules.py             rules by name; subjects.py has a rule in a form for examination
worker_process.py    another process that answers questions; worker_loop.py runs in it
gates/               did a change make a rule slower, or make it learn worse?
certificates/        how do rules compare with those of other libraries?
conformance/         does a rule keep the contract?
"""
