"""A SLURM of one node, in a folder: munged, slurmctld and slurmd, started by hand as root, without systemd.

Debian has all three: ``apt-get install slurm-wlm munge``.
"""

import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
CONFIGURATION = """
ClusterName=trial
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 State=UNKNOWN
PartitionName=short Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
# SLURM 22.05 loads a plugin of cgroups whatever else is configured; later versions can do without.
CGROUPS = "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n" if Path("/sys/fs/cgroup/freezer").is_dir() else ""


def why_not():
    """Why SLURM cannot run here, in words; None if it can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    if missing:
        return f"SLURM is not installed: {', '.join(missing)} cannot be found (apt-get install slurm-wlm munge)"
    return None if os.geteuid() == 0 else "the daemons of SLURM are started as root"


def search_path():
    """Where programs are found; those of the administrator stand in folders that few users search."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class SlurmNode:
    """The daemons, while they run.

    Args:
        folder: for everything that they write. Paths of sockets are short: no deep one.
    """

    def __init__(self, folder):
        self.folder = folder
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": search_path()}
        self._daemons = {}
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir()
        ports = {"controller_port": free_port(), "node_port": free_port()}
        host = socket.gethostname().partition(".")[0]
        (folder / "slurm.conf").write_text(CONFIGURATION.format(folder=folder, host=host, **ports))
        (folder / "cgroup.conf").write_text(CGROUPS or "CgroupPlugin=disabled\n")
        key = folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)

    def __enter__(self):
        munge = self.folder / "munge"
        files = {"--key-file": "key", "--socket": "socket", "--pid-file": "pid", "--seed-file": "seed"}
        self._start("munged", "--foreground", "--force", *(f"{flag}={munge / name}" for flag, name in files.items()))
        self._wait(lambda: (munge / "socket").exists(), "munged")
        self._start("slurmctld", "-D", "-c")
        self._start("slurmd", "-D")
        self._wait(lambda: "idle" in self.run("sinfo", "--noheader", "-o", "%t"), "the node")
        return self

    def __exit__(self, *error):
        self.run("scancel", "--user=root")
        for name in ("slurmd", "slurmctld", "munged"):
            self._stop(name)

    def restart_controller(self):
        """End the controller and start it again; it finds its jobs in its state."""
        self._stop("slurmctld")
        self._start("slurmctld", "-D")
        self._wait(lambda: "JOBID" in self.run("squeue"), "the controller")

    def run(self, *command):
        """What a command of SLURM prints."""
        env = os.environ | self.environment
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False).stdout

    def jobs(self):
        """The numbers of the jobs that wait or run."""
        return set(self.run("squeue", "--noheader", "-o", "%i").split())

    def _start(self, name, *arguments):
        command = [shutil.which(name, path=search_path()), *arguments]
        env = os.environ | self.environment
        with (self.folder / f"{name}.log").open("ab") as log:
            self._daemons[name] = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _stop(self, name):
        daemon = self._daemons.pop(name)
        daemon.terminate()
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def _wait(self, is_ready, what):
        for _ in range(150):
            if is_ready():
                return
            time.sleep(0.2)
        logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
        raise TimeoutError(f"{what} did not come up:\n{logs}")
