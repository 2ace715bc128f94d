"""Import runs that were trained elsewhere: read them from files and servers, and write them to the store as a study.

    reader(source) ──> PlainTable ──> layout.read_runs ──> RunTable ──> study.import_study ──> runs, curves, study file

Each source has one reader in :mod:`optbench.importing.readers`. All readers return the same form, a
:class:`PlainTable`: a DataFrame in one of two common layouts.

    long    a row per value, with the columns ``metric`` and ``value``
    wide    a row per run, or per run and step: a column per metric, such as ``valid.loss`` or ``test_accuracy``

Both layouts have the following columns (other names are recognized, see :mod:`optbench.importing.names`):

    ``problem``      text. What was minimized: data and model. Without it, all rows have the same problem
    ``optimizer``    text. Required, unless an optimizer is given for all rows
    ``seed``         integer. Runs without one are numbered within their setting
    ``run``          text. Only needed to distinguish runs that agree in everything else
    ``step``         integer >= 0, updates before the value was measured. Final values have neither step nor epoch
    ``epoch``        number >= 0, the same in epochs
    ``split``        ``train``, ``valid`` or ``test``. For long tables, unless ``metric`` includes it: ``valid.loss``
    ``metric``       text, for long tables
    ``value``        number, for long tables; ``nan`` and ``inf`` are values of diverged runs
    ``status``       ``done``, ``diverged``, ``failed``, ``interrupted`` or ``pruned``, or the word of another tool
    ``wall_s``       number, total time of the run in seconds
    ``parameters``, ``batch_size``, ``model``    properties of the run
    ``hp.<name>``    a hyperparameter: number or text

An empty cell means that nothing was recorded. A :class:`RunTable` is an interpreted table, with a row per run, a row
per value, and all names and numbers checked. It is the input of the store and of exports.
"""
