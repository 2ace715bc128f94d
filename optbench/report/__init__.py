"""Convert results to HTML, Markdown, CSV and figures. Also, the blocks of a page, for user-defined parts.

A user-defined part is a function that takes a :class:`~optbench.spec.study_result.StudyResult` and returns a
:class:`Part`. ``report.parts=[my_package.my_parts.gap]`` puts it on the page, as does ``study.add_part(gap)`` in
Python:

>>> from optbench.report import Body, Part, Table
>>> def training_time(result):
...     seconds = result.runs.groupby("setting", as_index=False)["train_s"].median()
...     return Part("time", "Time of training", Body("Median over seeds.", [Table.from_frame("Seconds", seconds)]))
>>> import optbench as ob
>>> study = ob.compare(["sgd", "adam"], data="iris", steps=20, seeds=2, name="notes", progress=False)
>>> training_time(study.result).body.tables[0].columns
['setting', 'train_s']
>>> page = study.report(parts=[training_time])

:func:`optimizer_colors` returns the colors of optimizers in all other figures.
"""

from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.colors import optimizer_colors

__all__ = ["Body", "Cell", "Drawing", "LegendEntry", "Part", "Row", "Table", "View", "optimizer_colors"]
