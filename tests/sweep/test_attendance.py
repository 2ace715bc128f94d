"""Dask without anybody who could train: a scheduler that is lost, jobs that ended, a queueing system that refuses."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from distributed import CancelledError

from optbench.config.environment_values import mark
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.spec.job import SaveOptions
from optbench.sweep import attendance, cluster, parcel
from optbench.sweep.attendance import Attendance, NobodyLeft
from optbench.sweep.execute import Launch
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from tests.sweep.test_execute import RUNS


class Future:
    """A future of Dask that ends as it is told: with rows, with an error, or never."""

    def __init__(self, ends):
        self.ends = ends

    def result(self, timeout):
        raise self.ends


class Client:
    """A client of Dask: workers by call, and how the futures end."""

    id = "client"

    def __init__(self, workers=(), ends=(), status="running"):
        self.workers, self.ends, self.status = list(workers), list(ends), status
        self.submitted, self.cancelled = 0, 0

    def scheduler_info(self, n_workers):
        count = self.workers.pop(0) if len(self.workers) > 1 else self.workers[0]
        return {"workers": dict.fromkeys(range(count))}

    def nthreads(self):
        return {"a": 1}

    def submit(self, *arguments, pure):
        self.submitted += 1
        return Future(self.ends.pop(0) if len(self.ends) > 1 else self.ends[0])

    def cancel(self, futures, force):
        self.cancelled += 1


@pytest.fixture
def clock(monkeypatch):
    """A time that goes on by ten seconds a look."""
    time = SimpleNamespace(now=0.0, sleep=lambda seconds: None)

    def monotonic():
        time.now += 10.0
        return time.now

    time.monotonic = monotonic
    monkeypatch.setattr(attendance, "time", time)
    return time


def looks(found, most=20):
    """After how many looks somebody notices that nobody is left; None if never."""
    for number in range(most):
        try:
            found.check()
        except NobodyLeft:
            return number
    return None


@pytest.mark.usefixtures("clock")
def test_without_workers_the_patience_ends():
    assert looks(Attendance(Client([0]))) is not None
    assert looks(Attendance(Client([1]))) is None
    assert looks(Attendance(Client([1, 1, 0]), SimpleNamespace(workers={}))) is not None


@pytest.mark.usefixtures("clock")
def test_a_worker_that_comes_back_in_time_is_waited_for():
    assert looks(Attendance(Client([1, 0, 0, 1, 0, 1]))) is None


@pytest.mark.usefixtures("clock")
def test_jobs_that_wait_in_a_queue_are_waited_for_without_an_end():
    assert looks(Attendance(Client([0]), SimpleNamespace(workers={})), 100) is None  # none has begun
    assert looks(Attendance(Client([1, 0]), SimpleNamespace(workers={"second": object()})), 100) is None


def test_a_scheduler_that_does_not_come_back_is_noticed():
    with pytest.raises(NobodyLeft, match=r"^The scheduler of Dask was lost and did not return\. Start it"):
        Attendance(Client([1], status="closed")).check()


def trained(client, times=1):
    """The rows of a shard that is handed to a client, and the executor."""
    launch = Launch(BuiltProblems(), Programs(BuiltProblems()), 1)
    executor = cluster.Dask(launch, client)
    (shard, *_) = cut_shards(RUNS[:2], launch.built_problems, "auto", workers=1)
    return executor.train(shard, lambda steps: None, lambda: False).runs, executor


def test_a_shard_that_a_lost_scheduler_forgot_is_handed_over_again():
    client = Client([1], [CancelledError("lost"), ValueError("as far as this")])
    runs, _ = trained(client)
    assert client.submitted == 2
    assert runs["status_detail"].str.startswith("ValueError: as far as this").all()


def test_it_is_not_handed_over_without_an_end():
    client = Client([1], [CancelledError("lost")])
    runs, _ = trained(client)
    assert client.submitted == 1 + cluster.RETRIES
    assert set(runs["status"]) == {"interrupted"}


def test_what_was_given_up_is_not_handed_over_again():
    client = Client([1], [CancelledError("given up")])
    launch = Launch(BuiltProblems(), Programs(BuiltProblems()), 1)
    executor = cluster.Dask(launch, client)
    executor.give_up()
    (shard, *_) = cut_shards(RUNS[:2], launch.built_problems, "auto", workers=1)
    runs = executor.train(shard, lambda steps: None, lambda: False).runs
    assert (client.cancelled, client.submitted) == (1, 1)
    assert set(runs["status"]) == {"interrupted"}


@pytest.mark.usefixtures("clock")
def test_a_shard_that_nobody_will_train_is_interrupted_with_the_reason():
    runs, _ = trained(Client([0], [TimeoutError()]))
    assert set(runs["status"]) == {"interrupted"}
    assert runs["status_detail"].str.startswith("No worker was left").all()


def test_a_lost_scheduler_is_no_error_of_giving_up():
    client = Client([1], status="closed")
    executor = cluster.Dask(Launch(BuiltProblems(), Programs(BuiltProblems()), 1), client)
    executor.give_up()
    assert client.cancelled == 0


class Queue:
    """A cluster of dask-jobqueue whose system refuses jobs."""

    job_cls = SimpleNamespace(submit_command="sbatch")

    def __init__(self, error):
        self.error, self.worker_spec, self.workers, self.closed = error, {}, {}, threading.Event()

    def new_worker_spec(self):
        return {len(self.worker_spec): None}

    async def _correct_state(self):
        raise self.error

    def sync(self, function):
        function().send(None)

    def close(self):
        self.closed.set()


REFUSALS = {
    "sbatch: error: Invalid partition": RuntimeError(
        "Command exited with non-zero exit code.\nstdout:\n\nstderr:\nsbatch: error: Invalid partition\nx\n"
    ),
    "sbatch: No such file or directory": FileNotFoundError(2, "No such file or directory", "sbatch"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_queueing_system_that_refuses_a_job_is_one_line(why):
    queue = Queue(REFUSALS[why])
    with pytest.raises(ConfigError) as raised:
        cluster.ask_for_jobs(queue, 3)
    assert str(raised.value).startswith(
        f"The queueing system refuses a job: {why}. Received: Queue, which calls sbatch."
    )
    assert "\n" not in str(raised.value)
    assert queue.closed.is_set()
    assert len(queue.worker_spec) == 3


def test_values_from_the_environment_travel_with_their_references():
    (shard, *_) = cut_shards(RUNS[:2], BuiltProblems(), "auto", workers=1)
    assert parcel.hidden_in(parcel.pack_shard(shard, None, SaveOptions())) == {}
    run = shard.runs[0]
    secret = mark({"token": "s3cret-value"}, {"token": "${oc.env:TOKEN}"})
    node = {**run.setting.nodes["optimizer"], **secret}
    hidden = replace(run, setting=replace(run.setting, optimizer=node))
    packed = parcel.pack_shard(replace(shard, runs=[hidden]), None, SaveOptions())
    assert parcel.hidden_in(packed) == {"s3cret-value": "${oc.env:TOKEN}"}
