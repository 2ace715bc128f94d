"""Results to HTML, Markdown, CSV and figures; and the blocks of which a page consists, for parts of one's own.

A part of one's own is a function of a :class:`~optbench.spec.study_result.StudyResult` that returns a :class:`Part`.
``report.parts=[my_package.my_parts.gap]`` puts it on the page, as does ``study.add_part(gap)`` in Python:

>>> from optbench.report import Body, Part, Table
>>> def training_time(result):
...     seconds = result.runs.groupby("setting", as_index=False)["train_s"].median()
...     return Part("time", "Time of training", Body("Median over seeds.", [Table.from_frame("Seconds", seconds)]))
>>> import optbench as ob
>>> study = ob.compare(["sgd", "adam"], data="iris", steps=20, seeds=2, name="notes", progress=False)
>>> training_time(study.result).body.tables[0].columns
['setting', 'train_s']
>>> page = study.report(parts=[training_time])

:func:`optimizer_colors` gives the colors that the other figures have for optimizers.
"""

from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.colors import optimizer_colors

__all__ = ["Body", "Cell", "Drawing", "LegendEntry", "Part", "Row", "Table", "View", "optimizer_colors"]
