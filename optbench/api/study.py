"""``Study``: the result of a comparison, its tables and figures, and the setting to use."""

import warnings
from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from optbench.config.session_objects import SessionObject
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError, OptbenchError
from optbench.results.published_folder import load_named
from optbench.results.store import Store
from optbench.spec.job import REPORT_FORMATS
from optbench.spec.study_file import IN_PYTHON
from optbench.spec.study_result import StudyResult, Untrained
from optbench.spec.verdict import Verdict

if TYPE_CHECKING:  # matplotlib and SciPy are not needed before
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.api.best_setting import BestSetting
    from optbench.api.figures import Panel
    from optbench.report.own_parts import PartFunction
    from optbench.report.scope import ReportData


class Study:
    """A finished comparison, from :func:`optbench.compare` or :func:`optbench.load_study`.

    Args:
        result: its study file and tables.
        results_dir: the folder of results.
        reports_dir: the folder of reports.
        held: functions of this session that its settings name, kept alive with it.
    """

    def __init__(
        self,
        result: StudyResult,
        results_dir: str | Path = "results",
        reports_dir: str | Path = "reports",
        held: Sequence[SessionObject] = (),
    ) -> None:
        self.result = result
        self._results, self._reports = Path(results_dir).absolute(), Path(reports_dir).absolute()
        self._held = [each for each in held if not is_data(each)]
        self._own_parts: list[PartFunction] = []

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.result.file.name

    @property
    def command(self) -> str:
        """The command line that does the same; empty where there is none."""
        return "" if self.result.file.command == IN_PYTHON else self.result.file.command

    @cached_property
    def verdict(self) -> Verdict:
        """What the results support: ``lead``, ``cost``, ``advice`` and ``command``."""
        from optbench.report.verdict import verdict

        return verdict(self._data)

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """The contenders of each problem, the best first.

        Columns:
            ``problem, rank, optimizer, setting``: rank 1 is the best; ``setting`` is the label of the best setting of
            the optimizer.
            ``metric``: what decides, as ``split.metric``; ``median, q25, q75``: over seeds, in its unit.
            ``runs, diverged``: the number of runs that ended, and of those that diverged.
            ``is_best``: the first row of a problem; ``differs_from_best``: whether a row is significantly worse than
            it; ``p_value``: of that comparison, corrected for all pairs of the problem; NaN for the best.
            ``step_s, ratio_to_sgd``: seconds of one step alone, and divided by that of ``sgd``; NaN if not timed.
        """
        from optbench.api.tables import leaderboard

        return leaderboard(self._data)

    @property
    def untrained(self) -> Untrained:
        """How many runs and trials were not trained to their end: ``runs, of_runs, trials, of_trials``."""
        return self.result.untrained

    @property
    def runs(self) -> pd.DataFrame:
        """One row for each run: the columns of ``results/README.md``, labels, and ``hp.<name>`` of hyperparameters."""
        return self.result.runs

    @property
    def trials(self) -> pd.DataFrame:
        """One row for each run of tuning alone, with the columns of :attr:`runs`; empty without tuning."""
        return self.result.trials

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row for each run or trial, step, split and metric.

        Columns: ``run_id, step, epoch, split, metric, value, problem, setting, optimizer, seed, role``; ``role`` is
        ``run`` or ``trial``.
        """
        from optbench.api.tables import curves

        return curves(self._data)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The best optimizer of each problem (``baseline``) against each other one, paired by seed.

        Columns: those of :func:`optbench.analysis.paired_comparison.compare_with_baseline`; ``p_holm`` is corrected for
        all pairs of the problem.
        """
        from optbench.api.tables import pairs

        return pairs(self._data)

    @property
    def figures(self) -> list[str]:
        """The kinds of figures that :meth:`figure` can draw."""
        return list(dict.fromkeys(panel.kind for panel in self._panels))

    def figure(
        self,
        kind: str = "convergence",
        metric: str | None = None,
        ax: "Axes | None" = None,
        *,
        problem: str | None = None,
        setting: str | None = None,
    ) -> "Figure":
        """A figure of the report.

        Args:
            kind: one of :attr:`figures`, such as ``"convergence"``, ``"final-by-seed"`` or ``"learning-rate"``.
            metric: ``"accuracy"`` or ``"test.accuracy"``; None is what decides.
            ax: axes to draw into, with a title and a legend of their own; their size and style stay. None makes a
                figure.
            problem: the label of a problem; None is the first that has such a figure.
            setting: the label of a setting, in figures of one setting (``"paths"``, ``"regions"``); None is the first.

        Returns:
            The figure; with ``ax``, that of the axes.

        Raises:
            ConfigError: the study has no such figure, or ``ax`` is no axes.
        """
        from optbench.api.figures import Choice, draw_panel, draw_panel_into, find_panel

        panel = find_panel(self._data, self._panels, Choice(kind, metric, problem, setting))
        return draw_panel(panel) if ax is None else draw_panel_into(panel, ax)

    def add_part(self, function: "PartFunction") -> "PartFunction":
        """Add a part of one's own to the reports that :meth:`report` writes.

        Args:
            function: takes the :class:`~optbench.spec.study_result.StudyResult` of the study and returns an
                ``optbench.report.Part``; see :mod:`optbench.report` for an example.

        Returns:
            The function, so that this can be its decorator.

        Raises:
            ConfigError: it is no function of one argument.
        """
        from optbench.report.own_parts import check_arguments, check_callable

        check_callable(function)
        check_arguments(function)
        self._own_parts.append(function)
        return function

    def report(
        self,
        formats: Sequence[str] = ("html",),
        baseline: str | None = None,
        pdf: bool = False,
        parts: "Sequence[str | PartFunction] | str | PartFunction | None" = None,
    ) -> Path:
        """Write the report. A warning names each part of one's own that fails and is left out.

        Args:
            formats: of ``html``, ``md``, ``csv`` and ``tex``.
            baseline: the optimizer that the others are compared with; None is the study's.
            pdf: whether to write each figure as a PDF file too.
            parts: functions of one's own or their dotted paths, one or a list, in addition to all parts of ours; names
                of ours, such as ``"convergence"``, choose among them. None is the study's ``report.parts``. Those of
                :meth:`add_part` are added.

        Returns:
            The path of the HTML page.

        Raises:
            ConfigError: there is no such format, baseline or part.
        """
        from optbench.report.page import PageOptions, build_report

        listed = [formats] if isinstance(formats, str) else list(formats or ())
        unknown = [each for each in listed if each not in REPORT_FORMATS]
        if unknown or not listed:
            raise ConfigError(f"`formats` must be of html, md, csv and tex. Received: {formats!r}.")
        given = self.result.file.report.parts if parts is None else parts
        given = [given] if isinstance(given, str) or callable(given) else given
        options = PageOptions(baseline, listed, pdf, [*given, *self._own_parts])  # type: ignore[arg-type]
        return build_report(self.result, Store(self._results), self._reports, options, warnings.warn)

    def merge(self, *others: "Study", name: str | None = None) -> "Study":
        """This study with the runs of others, such as published ones, that can be compared with it.

        A problem of another study is merged if this study has the same one and the fingerprints of every seed that both
        have agree: the same data, initial weights and batches. Of a run that both have, that of this study is kept.

        Args:
            others: studies, from :func:`load_study` with the path of a published folder, for example.
            name: of the merged study; None joins the names.

        Returns:
            A study. Its :attr:`left_out` says what was not merged, and why.

        Raises:
            ConfigError: one of ``others`` is not a study.
            StoreError: nothing can be merged; the text says why.
        """
        from optbench.report.merge import merge_results

        for other in others:
            if not isinstance(other, Study):
                raise ConfigError(f"`others` must be studies. Received: {describe_returned(other)}.")
        if name is not None and (not isinstance(name, str) or not name.strip()):
            raise ConfigError(f"`name` of a study must be a text. Received: {name!r}. Leave it out to join the names.")
        joined = name or " + ".join(dict.fromkeys(study.name for study in (self, *others)))
        merged = merge_results(joined, self.result, [other.result for other in others])
        return Study(merged, self._results, self._reports, self._held)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What :meth:`merge` did not take from other studies, and why: a line each."""
        return self.result.left_out

    def best_setting(self, problem: str | None = None, optimizer: str | None = None) -> "BestSetting":
        """The setting to use.

        Args:
            problem: the label of a problem; None is the only one, or, of several, that on which the optimizer with the
                best mean rank does best.
            optimizer: the name or label of an optimizer, for its best setting; None is that of all optimizers.

        Raises:
            ConfigError: there is no such problem or optimizer.
            StoreError: no run was trained to the end.
        """
        from optbench.api.best_setting import best_setting

        return best_setting(self._data, problem, optimizer)

    @property
    def best(self) -> "BestSetting":
        """Short for :meth:`best_setting`."""
        return self.best_setting()

    @cached_property
    def _data(self) -> "ReportData":
        from optbench.report.loading import report_data

        return report_data(self.result, self.result.file.report.baseline)

    @cached_property
    def _panels(self) -> "list[Panel]":
        from optbench.api.figures import panels

        return panels(self._data)

    def __repr__(self) -> str:
        from optbench.api.notebook import describe_study

        try:
            return describe_study(self._data)
        except OptbenchError as error:  # its runs cannot be compared
            return f"Study {self.name!r}: {error}"

    def _repr_html_(self) -> str:
        from optbench.api.notebook import study_html

        try:
            return study_html(self._data)
        except OptbenchError:
            return f"<p>{escape(repr(self))}</p>"


def is_data(held: SessionObject) -> bool:
    """Whether an object is data in memory, which a finished study does not need."""
    from optbench.api.data import HeldData

    return isinstance(held.value, HeldData)


def load_study(name: str | Path, results_dir: str | Path = "results", reports_dir: str | Path = "reports") -> Study:
    """An earlier study, of Python or of the command line; or a published one, which is verified as a whole.

    Args:
        name: of the study; or the path of a folder that ``python -m optbench publish`` wrote. A text is a path if there
            is such a folder and no study of this name.
        results_dir: the folder of results.
        reports_dir: the folder of reports.

    Raises:
        ConfigError: the name is neither a text nor a path.
        StoreError: there is no such study, or its file cannot be read; or a file of the folder is missing or altered.

    >>> import optbench as ob
    >>> _ = ob.compare(["sgd", "adam"], data="iris", steps=20, seeds=2, name="notes", progress=False)
    >>> ob.load_study("notes").name
    'notes'
    """
    if not isinstance(name, str | Path):
        raise ConfigError(f"`name` of a study must be a text or a path. Received: {describe_returned(name)}.")
    store = Store(results_dir)
    return Study(load_named(name, store), results_dir, reports_dir)
