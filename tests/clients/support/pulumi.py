"""Pulumi programs as tests write them: a folder, its environment (made once, below target/), refit on it."""

import os
import re
import shutil
import signal
import subprocess
import textwrap

from support.poll import eventually
from support.server import REPOSITORY, binary, environment

ENVIRONMENTS = REPOSITORY / "target/pulumi-environments"
# The newest SDK, and one of three years before.
NEW = "pulumi==3.272.0\npulumi-aws==7.51.1\n"
MIDDLE = "pulumi==3.150.0\npulumi-aws==6.70.0\n"
OLD = "pulumi==3.60.1\npulumi-aws==5.42.0\n"


def share_environments(server):
    """Environments that refit makes are kept between runs of the tests."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    folder = server.data / "pulumi/environments"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(ENVIRONMENTS)


class Program:
    """A project in Python, in a folder of its own."""

    def __init__(self, server, folder, name, requirements=NEW):
        self.server = server
        self.folder = folder
        self.name = name
        self.write("Pulumi.yaml", f"name: {name}\nruntime: python\n")
        self.write("requirements.txt", requirements)

    def write(self, file, text):
        """Writes a file of the project."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def source(self, text):
        """Writes the program."""
        self.write("__main__.py", "import json, os, time\nimport pulumi\nimport pulumi_aws as aws\n" + textwrap.dedent(text))

    def refit(self, command, *arguments, timeout=300, **environ):
        """Runs a refit command on the project."""
        return self.server.refit(command, self.folder, *arguments, timeout=timeout, **environ)

    def ok(self, command, *arguments, **environ):
        """Runs a refit command that must succeed; what it prints."""
        ran = self.refit(command, *arguments, **environ)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def fails(self, command, *arguments, **environ):
        """Runs a refit command that must fail; what it prints as errors."""
        ran = self.refit(command, *arguments, **environ)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        return ran.stderr

    def begin(self, command):
        """Starts a refit command and leaves it running."""
        log = open(self.folder / "log.txt", "wb")
        with log:
            return subprocess.Popen(
                [binary(), command, str(self.folder), "--data", self.server.data],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=REPOSITORY, env=environment(self.server.home),
            )

    def log(self):
        """What the command that was begun has printed."""
        return (self.folder / "log.txt").read_text()


def processes_of(folder):
    """Processes whose working directory is this folder."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.readlink(f"/proc/{entry}/cwd") == str(folder.resolve()):
                    found.append(int(entry))
            except OSError:
                continue
    return found


def interrupted(process, how=signal.SIGINT):
    """Ends a command, as Ctrl-C does unless told otherwise; its exit code."""
    process.send_signal(how)
    return process.wait(30)


def waits_for(program, words):
    """Waits until the command that was begun says something."""
    eventually(lambda: words in program.log(), words, 120)


def counts(text):
    """`{"created": 7}` of the summary."""
    line = re.findall(r"^stack +(\d.*) in [\d.]+ s$", text, re.MULTILINE)[-1]
    return {word: int(count) for count, word in (part.split() for part in line.split(", "))}


def has(program):
    """Whether a program is there to be run."""
    return shutil.which(program) is not None
