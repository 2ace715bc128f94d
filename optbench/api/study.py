"""``Study``: the result of a comparison, with tables, figures and the recommended setting."""

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

if TYPE_CHECKING:  # matplotlib and SciPy are imported only when needed
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optbench.api.best_setting import BestSetting
    from optbench.api.figures import Panel
    from optbench.report.own_parts import PartFunction
    from optbench.report.scope import ReportData


class Study:
    """A finished comparison, from :func:`optbench.compare` or :func:`optbench.load_study`.

    Args:
        result: the study file and its tables.
        results_dir: the folder of results.
        reports_dir: the folder of reports.
        held: functions of this session that its settings refer to, kept alive with the study.
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
        """The equivalent command line; empty if there is none."""
        return "" if self.result.file.command == IN_PYTHON else self.result.file.command

    @cached_property
    def verdict(self) -> Verdict:
        """The conclusion that the results support: ``lead``, ``cost``, ``advice`` and ``command``."""
        from optbench.report.verdict import verdict

        return verdict(self._data)

    @cached_property
    def leaderboard(self) -> pd.DataFrame:
        """The contenders of each problem, the best first.

        Columns:
            ``problem, rank, optimizer, setting``: rank 1 is the best; ``setting`` is the label of the best setting of
            the optimizer.
            ``metric``: the deciding metric, as ``split.metric``; ``median, q25, q75``: its quantiles over seeds, in its
            unit.
            ``runs, diverged``: the number of runs that ended, and the number of those that diverged.
            ``is_best``: the first row of a problem; ``differs_from_best``: whether a row is significantly worse than
            the best; ``p_value``: the p-value of that comparison, corrected for all pairs of the problem, NaN for the
            best.
            ``step_s, ratio_to_sgd``: the time of one step of a single run in seconds, and its ratio to the step time of
            ``sgd``; NaN if not timed.
        """
        from optbench.api.tables import leaderboard

        return leaderboard(self._data)

    @property
    def untrained(self) -> Untrained:
        """The number of runs and trials that were not trained to the end: ``runs, of_runs, trials, of_trials``."""
        return self.result.untrained

    @property
    def runs(self) -> pd.DataFrame:
        """One row per run: the columns of ``results/README.md``, labels, and ``hp.<name>`` for hyperparameters."""
        return self.result.runs

    @property
    def trials(self) -> pd.DataFrame:
        """One row per run that only tuning used, with the columns of :attr:`runs`; empty without tuning."""
        return self.result.trials

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row per run or trial, step, split and metric.

        Columns: ``run_id, step, epoch, split, metric, value, problem, setting, optimizer, seed, role``; ``role`` is
        ``run`` or ``trial``.
        """
        from optbench.api.tables import curves

        return curves(self._data)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The best optimizer of each problem (``baseline``) compared with each other one, paired by seed.

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
            metric: ``"accuracy"`` or ``"test.accuracy"``. None is the deciding metric.
            ax: axes to draw into, which get a title and a legend and keep their size and style. None makes a new
                figure.
            problem: the label of a problem. None is the first that has such a figure.
            setting: the label of a setting, for figures of one setting (``"paths"``, ``"regions"``). None is the first.

        Returns:
            The new figure, or the figure of ``ax``.

        Raises:
            ConfigError: the study has no such figure, or ``ax`` is not a matplotlib ``Axes``.
        """
        from optbench.api.figures import Choice, draw_panel, draw_panel_into, find_panel

        panel = find_panel(self._data, self._panels, Choice(kind, metric, problem, setting))
        return draw_panel(panel) if ax is None else draw_panel_into(panel, ax)

    def add_part(self, function: "PartFunction") -> "PartFunction":
        """Add a user-defined part to the reports that :meth:`report` writes.

        Args:
            function: takes the :class:`~optbench.spec.study_result.StudyResult` of the study and returns an
                ``optbench.report.Part``; see :mod:`optbench.report` for an example.

        Returns:
            ``function``, so that this method can be used as a decorator.

        Raises:
            ConfigError: ``function`` is not a function of one argument.
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
        """Write the report. A warning names each user-defined part that fails and is left out.

        Args:
            formats: a selection of ``html``, ``md``, ``csv`` and ``tex``.
            baseline: the optimizer to which the others are compared. None is the study's baseline.
            pdf: whether to write each figure as a PDF file as well.
            parts: one or a list of user-defined functions or their dotted paths, which are added to the built-in parts;
                names of built-in parts, such as ``"convergence"``, select among them. None is the study's
                ``report.parts``. The parts of :meth:`add_part` are always added.

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
        """Merge this study with comparable runs of other studies, such as published ones.

        A problem of another study is merged if this study has the same problem and the fingerprints of all common seeds
        agree, that is, data, initial weights and batches are equal. If both studies have a run, that of this study is
        kept.

        Args:
            *others: studies, for example from :func:`load_study` with the path of a published folder.
            name: the name of the merged study. None joins the names.

        Returns:
            A study. Its :attr:`left_out` lists what was not merged, and why.

        Raises:
            ConfigError: one of ``others`` is not a study.
            StoreError: nothing can be merged. The message says why.
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
        """What :meth:`merge` did not take from other studies, and why, one line each."""
        return self.result.left_out

    def best_setting(self, problem: str | None = None, optimizer: str | None = None) -> "BestSetting":
        """The recommended setting.

        Args:
            problem: the label of a problem. None is the only problem, or else the one on which the optimizer with the
                best mean rank performs best.
            optimizer: the name or label of an optimizer, for its best setting. None is the best setting of all
                optimizers.

        Raises:
            ConfigError: there is no such problem or optimizer.
            StoreError: no run was trained to the end.
        """
        from optbench.api.best_setting import best_setting

        return best_setting(self._data, problem, optimizer)

    @property
    def best(self) -> "BestSetting":
        """The result of :meth:`best_setting` without arguments."""
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
    """Load an earlier study of Python or the command line, or a published study, which is fully verified.

    Args:
        name: the name of a study, or the path of a folder written by ``python -m optbench publish``. A string is a path
            if there is such a folder and no study of this name.
        results_dir: the folder of results.
        reports_dir: the folder of reports.

    Raises:
        ConfigError: ``name`` is neither a string nor a path.
        StoreError: there is no such study, its file cannot be read, or a file of the published folder is missing or
            altered.

    >>> import optbench as ob
    >>> _ = ob.compare(["sgd", "adam"], data="iris", steps=20, seeds=2, name="notes", progress=False)
    >>> ob.load_study("notes").name
    'notes'
    """
    if not isinstance(name, str | Path):
        raise ConfigError(f"`name` of a study must be a text or a path. Received: {describe_returned(name)}.")
    store = Store(results_dir)
    return Study(load_named(name, store), results_dir, reports_dir)
