"""Runs that were trained elsewhere: read from files and servers, and written to the results store as a study.

    reader(source) ──> PlainTable ──> layout.read_runs ──> RunTable ──> study.import_study ──> runs, curves, study file

Each source has one reader in :mod:`optbench.importing.readers`, which returns a :class:`PlainTable`: a DataFrame as
people have it, in one of two layouts, and nothing else of its source. That is the common form.

    long    a row per value: its metric is named in the column ``metric`` and its number stands in ``value``
    wide    a row per run, or per run and step: a column per metric, such as ``valid.loss`` or ``test_accuracy``

The columns of both, under these names (others are recognized, see :mod:`optbench.importing.names`):

    ``problem``      text. What was minimized: data and model. One problem for all rows without it
    ``optimizer``    text. Required, unless one is given for all rows
    ``seed``         integer. Runs without one are numbered within their setting
    ``run``          text. Tells runs apart that agree in all else; not needed otherwise
    ``step``         integer >= 0, updates made before the value was taken. Final values have neither step nor epoch
    ``epoch``        number >= 0, the same in epochs
    ``split``        ``train``, ``valid`` or ``test``. In long tables, unless ``metric`` has it: ``valid.loss``
    ``metric``       text, in long tables
    ``value``        number, in long tables; ``nan`` and ``inf`` are values of runs that diverged
    ``status``       ``done``, ``diverged``, ``failed``, ``interrupted`` or ``pruned``, or a word of other tools
    ``wall_s``       number, seconds of the whole run
    ``parameters``, ``batch_size``, ``model``    of the run
    ``hp.<name>``    a hyperparameter: number or text

An empty cell means that nothing was recorded. :class:`RunTable` is the same after it was understood: a row per run, a
row per value, every name and number checked. It is what the store takes, and what an export starts from.
"""
