"""Gates for continuous integration: did a change make an optimizer slower, or make it learn worse?

learning gate                                        time gate
-------------                                        ---------
problems.py           the fixed small study          trees.py            folders and revisions to time
learning.py           trains rules on it             sides.py            one process per tree
                                                     timing_worker.py    runs in that process
learning_baseline.py  the accepted results           rounds.py           who is timed when
exact.py, quality.py  the two stages of comparison   ratios.py           from times to a finding
comparison.py         all findings                   allowed_ratios.py   how much slower a benchmark may be
assertion.py          the gate as one assertion      time_baseline.py    the accepted ratios to sgd

findings.py           findings and exit codes        report.py           findings as a table, Markdown and JSON
"""
