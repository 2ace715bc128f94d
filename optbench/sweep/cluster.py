"""Shards on workers of dask.distributed: local processes, an external scheduler, or jobs of a queueing system.

Dask is the scheduler: it starts workers, assigns shards, and retries a shard on another worker if its worker dies.
"""

import contextlib
import importlib
import logging
import threading
from collections.abc import Callable
from typing import Annotated, Any

from optbench.config.hidden_log import HidingFormatter
from optbench.config.parameters import AtLeastOne, Positive
from optbench.errors import ConfigError, OptbenchError, harmless
from optbench.spec.status import RunStatus
from optbench.sweep.attendance import LOOK_S, Attendance, NobodyLeft
from optbench.sweep.execute import Executor, Launch
from optbench.sweep.parcel import hidden_in, pack_shard, tables_of
from optbench.sweep.plan import Shard
from optbench.sweep.record import Ending, Tables
from optbench.sweep.remote import WorkerState
from optbench.sweep.work import describe_failure, now, tables_of_untrained

log = logging.getLogger(__name__)
BUILDING = threading.Lock()  # on a worker with several threads
RETRIES = 2  # retries of a shard whose worker died; an external scheduler has its own setting
CONNECT_S = 30  # seconds to wait for a scheduler and its first worker
Open = Callable[[Launch], Executor]


def dask(address: str | None = None) -> Open:
    """Workers of dask.distributed.

    Args:
        address: the address of a running scheduler, such as ``tcp://host:8786``. null starts a ``LocalCluster`` of
            ``workers`` processes with one thread each.
    """

    def opened(launch: Launch) -> Executor:
        distributed = import_extra("distributed")
        if address is not None:
            return Dask(launch, connect(address))
        configure_dask()
        cluster = distributed.LocalCluster(
            n_workers=launch.workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
        )
        return Dask(launch, distributed.Client(cluster), cluster, workers=launch.workers)

    return opened


def jobs(
    cluster: str = "SLURMCluster",
    count: Annotated[int, AtLeastOne] = 4,
    cores: Annotated[int, AtLeastOne] = 2,
    memory: Annotated[float, Positive] = 8.0,
    walltime: str = "01:00:00",
    queue: str | None = None,
    directives: list[str] = [],  # noqa: B006 - read, never written
) -> Open:
    """Workers in jobs of a queueing system, through dask-jobqueue.

    Args:
        cluster: the class of dask-jobqueue for the system: ``SLURMCluster``, ``PBSCluster``, ``SGECluster``, ...
        count: the number of jobs, each of which is one worker.
        cores: cores per job, equal to the number of shards that it trains at once.
        memory: memory per job, in GiB.
        walltime: time limit per job, ``hours:minutes:seconds``.
        queue: the queue or partition; null for the system's default.
        directives: additional directives of the job script, such as ``--account=mine``.
    """

    def opened(launch: Launch) -> Executor:
        kind = getattr(import_extra("dask_jobqueue"), cluster, None)
        if kind is None:
            raise ConfigError(
                f"`executor.cluster` must be a class of dask_jobqueue, such as SLURMCluster. Received: {cluster}."
            )
        configure_dask()
        made = kind(
            cores=cores,
            processes=1,
            memory=f"{memory:g} GiB",
            walltime=walltime,
            queue=queue,
            job_extra_directives=directives,
            scheduler_options={"dashboard": False, "dashboard_address": ":0"},  # any free port
        )
        ask_for_jobs(made, count)
        return Dask(launch, made.get_client(), made, workers=count * cores)

    return opened


def ask_for_jobs(cluster: Any, count: int) -> None:
    """Submit jobs to a queueing system, and wait until they are in its queue.

    Raises:
        ConfigError: the system is not installed here, or rejects the jobs.
    """
    for _ in range(count):  # like its method `scale`, which does not wait and prints a traceback
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        cluster.sync(cluster._correct_state)
    except (OSError, RuntimeError, ValueError) as error:
        close_without_jobs(cluster)
        why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else what_was_said(str(error))
        raise ConfigError(
            f"The queueing system refuses a job: {why}. Received: {type(cluster).__name__}, which calls "
            f"{cluster.job_cls.submit_command}. Correct executor.queue, executor.walltime or executor.directives, or "
            "train elsewhere: executor=threads."
        ) from None


def close_without_jobs(cluster: Any) -> None:
    """Close a cluster after a rejected job. Dask would wait for the end of a job that never started."""
    from distributed.core import Status

    for job in cluster.workers.values():
        if job.status == Status.created:
            job.status = Status.failed
    cluster.close()


def what_was_said(text: str) -> str:
    """The first line that a queueing system's command wrote to its standard error, from dask-jobqueue's message."""
    lines = [line.strip() for line in text.partition("stderr:")[2].splitlines() if line.strip()]
    return harmless((lines or text.splitlines() or ["no reason"])[0])


class Dask:
    """The workers of one study."""

    def __init__(self, launch: Launch, client: Any, cluster: Any = None, workers: int | None = None) -> None:
        self._count = workers or sum(client.nthreads().values())
        self._built_problems, self._client, self._cluster = launch.built_problems, client, cluster
        self._save_options = launch.save_options
        self._futures: set[Any] = set()
        self._attendance, self._gave_up = Attendance(client, cluster), False

    def at_once(self, workers: int) -> int:
        """The number of workers, which have their own memory."""
        return self._count

    def train(self, shard: Shard, progress: Callable[[int], None], stop: Callable[[], bool]) -> Tables:
        """Train ``shard`` on a worker. Its progress is reported only at the end."""
        from distributed import CancelledError

        started_at = now()
        parcel = pack_shard(shard, self._built_problems.data_dir, self._save_options)
        for _ in range(1 + RETRIES):  # a lost and restored scheduler no longer has the shard
            try:
                return tables_of(self._rows(parcel))
            except CancelledError:
                ending = Ending(RunStatus.INTERRUPTED, "Stopped while a worker trained it.", None)
                if self._gave_up:
                    break
            except NobodyLeft as error:
                ending = Ending(RunStatus.INTERRUPTED, str(error), None)
                break
            except Exception as error:  # anything may happen between here and a remote machine
                log.warning("a shard was lost: %s", error)
                ending = Ending(RunStatus.FAILED, describe_loss(error), None)
                break
        return tables_of_untrained(shard, self._built_problems, ending, started_at)

    def _rows(self, parcel: str) -> list[bytes]:
        """Have a worker train a packed shard, and wait for its rows while a worker is available."""
        self._attendance.wait_for_scheduler()
        future = self._client.submit(train_parcel, parcel, self._client.id, pure=False)
        self._futures.add(future)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    rows: list[bytes] = future.result(timeout=LOOK_S)
                    return rows
                self._attendance.check()
        finally:
            self._futures.discard(future)

    def give_up(self) -> None:
        """Abandon remote shards, which cannot be stopped."""
        self._gave_up = True
        if self._client.status == "running":
            self._client.cancel(list(self._futures), force=True)

    def close(self) -> None:
        """Release the workers. Those of an external scheduler keep running."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def train_parcel(parcel: str, study: str) -> list[bytes]:
    """Executed on a worker: train a packed shard of ``study``. Returns its rows as bytes.

    A worker may have another version of optbench, so new inputs are added to the parcel, not as arguments.
    """
    hide_in_log(hidden_in(parcel))
    return worker_state(study).train(parcel, lambda steps: None, lambda: False)


def hide_in_log(secrets: dict[str, str]) -> None:
    """Make the log of a worker, its standard error, show references in place of values."""
    logger = logging.getLogger("optbench")
    with BUILDING:
        found = next((h.formatter for h in logger.handlers if isinstance(h.formatter, HidingFormatter)), None)
        if found is None:
            found = HidingFormatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s")  # as Dask's own
            handler = logging.StreamHandler()
            handler.setFormatter(found)
            logger.addHandler(handler)
            logger.propagate = False
        found.hide(secrets)


def worker_state(study: str) -> WorkerState:
    """The state of this worker for ``study``. The state of any other study is dropped."""
    from distributed import get_worker

    worker: Any = get_worker()
    with BUILDING:
        if getattr(worker, "optbench_study", None) != study:
            worker.optbench_study, worker.optbench_workshop = study, WorkerState()
        workshop: WorkerState = worker.optbench_workshop
        return workshop


def describe_loss(error: Exception) -> str:
    """The reason for missing rows, a sentence."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return f"The worker that trained it died, and so did those that tried again, {1 + RETRIES} in all."
    return str(error) if isinstance(error, OptbenchError) else describe_failure(error)


def connect(address: str) -> Any:
    """A client of the scheduler at ``address``, once it has a worker.

    Raises:
        ConfigError: the scheduler does not respond, or has no worker.
    """
    distributed = import_extra("distributed")
    quieten_dask()
    try:
        client = distributed.Client(address, timeout=CONNECT_S)
        client.wait_for_workers(1, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(
            f"`executor.address` must be that of a scheduler of Dask with workers: {reason}. Received: {address}."
        ) from None
    return client


def import_extra(module: str) -> Any:
    """Import a package that only this executor needs.

    Raises:
        ConfigError: the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(f"`executor` needs {error.name}. Install it: pip install 'optbench[dask]'") from None


def configure_dask() -> None:
    """Set how often Dask retries, and keep its log messages off our terminal."""
    import_extra("dask").config.set({"distributed.scheduler.allowed-failures": RETRIES})
    quieten_dask()


def quieten_dask() -> None:
    """Keep the messages of Dask and its event loop off our terminal. The reason for a failure is in the run's row."""
    for name in ("distributed", "asyncio", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
