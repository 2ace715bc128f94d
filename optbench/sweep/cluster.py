"""Shards on workers of dask.distributed: processes of this machine, a scheduler's, or jobs of a queueing system.

We write no scheduler: Dask starts workers, feeds them, and tries a shard again elsewhere when its worker dies.
"""

import importlib
import logging
import threading
from collections.abc import Callable
from typing import Annotated, Any

from optbench.config.parameters import AtLeastOne, Positive
from optbench.errors import ConfigError, OptbenchError
from optbench.spec.status import RunStatus
from optbench.sweep.execute import Executor, Launch
from optbench.sweep.parcel import pack_shard, tables_of
from optbench.sweep.plan import Shard
from optbench.sweep.record import Ending, Tables
from optbench.sweep.remote import WorkerState
from optbench.sweep.work import describe_failure, now, tables_of_untrained

log = logging.getLogger(__name__)
BUILDING = threading.Lock()  # on a worker with several threads
RETRIES = 2  # of a shard whose worker died; where the scheduler is somebody else's, its own setting holds
CONNECT_S = 30  # how long to wait for a scheduler and its first worker
Open = Callable[[Launch], Executor]


def dask(address: str | None = None) -> Open:
    """Workers of dask.distributed.

    Args:
        address: of a scheduler that runs, such as ``tcp://host:8786``; null starts a ``LocalCluster`` of ``workers``
            processes with one thread each.
    """

    def opened(launch: Launch) -> Executor:
        distributed = import_extra("distributed")
        if address is not None:
            return Dask(launch, connect(address))
        configure_dask()
        cluster = distributed.LocalCluster(
            n_workers=launch.workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
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
        cluster: the class of dask-jobqueue that knows the system: ``SLURMCluster``, ``PBSCluster``, ``SGECluster``, ...
        count: how many jobs are asked for, each one worker.
        cores: of a job, which trains as many shards at once.
        memory: of a job, GiB.
        walltime: of a job, ``hours:minutes:seconds``.
        queue: the queue or partition; null for the system's own choice.
        directives: further lines of the job's script, such as ``--account=mine``.
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
            scheduler_options={"dashboard_address": None},
        )
        made.scale(jobs=count)
        return Dask(launch, made.get_client(), made, workers=count * cores)

    return opened


class Dask:
    """The workers of one study, wherever they are."""

    def __init__(self, launch: Launch, client: Any, cluster: Any = None, workers: int | None = None) -> None:
        self._count = workers or sum(client.nthreads().values())
        self._built_problems, self._client, self._cluster = launch.built_problems, client, cluster
        self._save_options = launch.save_options
        self._futures: set[Any] = set()

    def at_once(self, workers: int) -> int:
        """As many as there are workers, which have memory of their own."""
        return self._count

    def train(self, shard: Shard, progress: Callable[[int], None], stop: Callable[[], bool]) -> Tables:
        """Train ``shard`` on a worker; how far it is shows only at its end."""
        from distributed import CancelledError

        started_at = now()
        parcel = pack_shard(shard, self._built_problems.data_dir, self._save_options)
        future = self._client.submit(train_parcel, parcel, self._client.id, pure=False)
        self._futures.add(future)
        try:
            return tables_of(future.result())
        except CancelledError:
            ending = Ending(RunStatus.INTERRUPTED, "Stopped while a worker trained it.", None)
        except Exception as error:  # whatever may happen between here and a machine elsewhere
            log.warning("a shard was lost: %s", error)
            ending = Ending(RunStatus.FAILED, describe_loss(error), None)
        finally:
            self._futures.discard(future)
        return tables_of_untrained(shard, self._built_problems, ending, started_at)

    def give_up(self) -> None:
        """Shards elsewhere cannot be asked to stop: they are abandoned."""
        self._client.cancel(list(self._futures), force=True)

    def close(self) -> None:
        """Let go of the workers; those of a scheduler that is not ours go on."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def train_parcel(parcel: str, study: str) -> list[bytes]:
    """On a worker: train a packed shard of ``study``; its rows as bytes."""
    return worker_state(study).train(parcel, lambda steps: None, lambda: False)


def worker_state(study: str) -> WorkerState:
    """The state of this worker for ``study``. The state of another study is dropped."""
    from distributed import get_worker

    worker: Any = get_worker()
    with BUILDING:
        if getattr(worker, "optbench_study", None) != study:
            worker.optbench_study, worker.optbench_workshop = study, WorkerState()
        workshop: WorkerState = worker.optbench_workshop
        return workshop


def describe_loss(error: Exception) -> str:
    """Why there are no rows, in a sentence."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return f"The worker that trained it died, and so did those that tried again, {1 + RETRIES} in all."
    return str(error) if isinstance(error, OptbenchError) else describe_failure(error)


def connect(address: str) -> Any:
    """A client of the scheduler at ``address``, once it has a worker.

    Raises:
        ConfigError: there is no scheduler, or it has no worker.
    """
    distributed = import_extra("distributed")
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
    """Import what only this executor needs.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(f"`executor` needs {error.name}. Install it: pip install 'optbench[dask]'") from None


def configure_dask() -> None:
    """Say how often Dask tries again, and that it keeps its notes off our terminal."""
    import_extra("dask").config.set({"distributed.scheduler.allowed-failures": RETRIES})
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
