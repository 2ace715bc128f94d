"""Compiled programs that the tests of studies share, as the jobs of one study share theirs.

A study that a test runs to see its tables, its page or its exit code trains a program that other tests have already
traced and compiled in this process. Tests of the engine, which compare what separate programs do, have their own.
"""

from collections import OrderedDict
from contextlib import contextmanager

import pytest

MOST = 24  # programs that are kept, the most recently used


@contextmanager
def shared_programs(known):
    """Programs of any study are taken from ``known`` meanwhile, where one has the same plan and the same data."""
    from optbench.sweep.programs import Programs  # imports TensorFlow, which conftest.py does quietly, and in workers

    make = Programs._make

    def make_or_find(self, plan):
        if not plan.code:  # nothing tells whether the code is the same
            return make(self, plan)
        key = (repr(plan), self.built_problems.get(plan.problem).data_digest)
        known[key] = known.pop(key, None) or make(self, plan)
        if len(known) > MOST:
            known.popitem(last=False)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Programs, "_make", make_or_find)
        yield


KNOWN = OrderedDict()  # of this process
