"""A server of the test's own: its data directory, its port, its processes."""

import configparser
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

from support.poll import eventually

REPOSITORY = Path(__file__).resolve().parents[3]
REGION = "us-east-1"
# A test that fails must say so at once and not after a client has tried again.
PLAIN = Config(retries={"total_max_attempts": 1}, read_timeout=60, connect_timeout=10)


def binary():
    """The built binary: REFIT_BINARY, else the one that `cargo build` makes."""
    path = Path(os.environ.get("REFIT_BINARY", REPOSITORY / "target/debug/refit")).absolute()
    assert path.is_file(), f"{path} is not there: cargo build -p refit, or set REFIT_BINARY"
    return path


def environment(home):
    """The environment of a process under test: this one's without what points elsewhere, and this Python first."""
    hidden = ("AWS_", "REFIT_", "PULUMI_", "BOTO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {"HOME": str(home), "PATH": path, "REFIT_LISTEN": "127.0.0.1:0", "NO_COLOR": "1"}


def is_alive(pid):
    """Whether the process is there and has not ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


class Server:
    """`refit serve` on a data directory."""

    def __init__(self, folder, *arguments):
        self.home = Path(folder)
        self.data = self.home / "data"
        self.arguments = arguments
        self.process = None
        self._clients = {}

    # -- its life

    def start(self):
        """Starts the process and waits until it answers."""
        self.process = self.spawn()
        eventually(self._is_up, "the server answers", 60)
        return self

    def spawn(self, *more):
        """Starts the process; it may refuse to serve."""
        log = open(self.home / "server.log", "ab")
        command = [binary(), "--data", self.data, "serve", *self.arguments, *more]
        with log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(self.home)
            )

    def _is_up(self):
        ended = self.process.poll()
        assert ended is None, f"the server ended with {ended}:\n{self.log()[-4000:]}"
        announced = self.announced()
        return announced.get("pid") == self.process.pid and self.health() is not None

    def stop(self):
        """Ends it in good order."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self._clients.clear()

    def kill9(self):
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait(30)
        self._clients.clear()

    def restart(self):
        """Ends it in good order and starts it again, on another port."""
        self.stop()
        return self.start()

    def close(self):
        """Ends everything that began here and removes the data."""
        self.stop_background()
        self.stop()
        for job in self.jobs():
            pid = job.get("supervisor_pid", 0)
            # A job's processes end with its supervisor.
            if is_alive(pid) and str(self.data) in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.data, ignore_errors=True)

    def stop_background(self):
        """Ends a server that a command started on this data directory."""
        pid = self.announced().get("pid", 0)
        if (self.process is None or pid != self.process.pid) and is_alive(pid):
            self.refit("stop")

    # -- what it says of itself

    def announced(self):
        """server.json."""
        try:
            return json.loads((self.data / "server.json").read_text())
        except (OSError, ValueError):
            return {}

    @property
    def url(self):
        """Where it listens."""
        return self.announced()["url"]

    def health(self):
        """Its health page, or nothing."""
        try:
            with urllib.request.urlopen(f"{self.url}/_refit/health", timeout=10) as answer:
                return json.load(answer)
        except (OSError, KeyError, ValueError):
            return None

    def log(self):
        """What it has logged, in whichever way it was started."""
        files = (self.home / "server.log", self.data / "server.log")
        return "".join(file.read_text(errors="replace") for file in files if file.is_file())

    def jobs(self):
        """The status records of the jobs that are there."""
        found = []
        for file in self.data.glob("jobs/*/status.json"):
            try:
                found.append(json.loads(file.read_text()))
            except (OSError, ValueError):
                continue  # removed or written this moment
        return found

    # -- talking to it

    def keys(self):
        """The administrator's access key id and secret."""
        file = configparser.ConfigParser()
        file.read(self.data / "credentials")
        profile = file["default"]
        return profile["aws_access_key_id"], profile["aws_secret_access_key"]

    def session(self, key_id=None, secret=None, token=None):
        """A boto3 session: the administrator's, or that of the given key."""
        if key_id is None:
            key_id, secret = self.keys()
        return boto3.Session(key_id, secret, token, region_name=REGION)

    def client(self, service, **config):
        """The administrator's client."""
        if config:
            return self.client_of(self.session(), service, **config)
        if service not in self._clients:
            self._clients[service] = self.client_of(self.session(), service)
        return self._clients[service]

    def client_of(self, session, service, **config):
        """A session's client."""
        return session.client(service, endpoint_url=self.url, config=PLAIN.merge(Config(**config)))

    def refit(self, *arguments, timeout=120, **environ):
        """Runs a refit command on this data directory."""
        return subprocess.run(
            [binary(), *map(str, arguments), "--data", self.data],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
            cwd=REPOSITORY, env=environment(self.home) | environ, check=False,
        )
