#!/usr/bin/env python3
"""How long `refit preview` of a Python program takes beside its SDK, and what a YAML stack of 200 resources takes.

    target/clients-venv/bin/python bench/deploying.py [--binary target/release/refit] [--program examples/python] [--resources 200]

Prints a table. The SDK's own time is that of the program under the SDK's own mocks: its imports, its classes, its
functions, and nobody to talk to.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def seconds(command, times, environ):
    """The median of the wall-clock seconds of a command that must succeed."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
        took.append(time.monotonic() - began)
    return statistics.median(took)


# The program is given as the first argument, as refit's host gives it: in its folder, by its file.
ALONE = """
import os, runpy, sys
import pulumi
class Nobody(pulumi.runtime.Mocks):
    def new_resource(self, args): return [args.name, dict(args.inputs)]
    def call(self, args): return {}
pulumi.runtime.set_mocks(Nobody(), preview=True)
os.chdir(sys.argv[1])
sys.path.insert(0, sys.argv[1])
runpy.run_path("__main__.py")
"""
SETTINGS = '{"project:scheduleExpression": "rate(5 minutes)"}'


def stack_of(folder, count):
    """A YAML project of that many resources, in chains of five."""
    kinds = ["aws:sns:Topic", "aws:sqs:Queue", "aws:s3:Bucket", "aws:cloudwatch:LogGroup"]
    lines = ["name: many", "runtime: yaml", "resources:"]
    for number in range(count):
        lines += [f"  r{number}:", f"    type: {kinds[number % len(kinds)]}"]
        if number % 5:
            lines += [f"    options: {{ dependsOn: [\"${{r{number - 1}}}\"] }}"]
    (folder / "Pulumi.yaml").write_text("\n".join(lines) + "\n")


def peak(command, environ):
    """Seconds and MiB at most of a command that must succeed."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return time.monotonic() - began, usage.ru_maxrss / 1024


def main():
    """Measures, in a data directory of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=REPOSITORY / "target/release/refit", type=Path)
    parser.add_argument("--program", default=REPOSITORY / "examples/python", type=Path)
    parser.add_argument("--environments", default=REPOSITORY / "target/pulumi-environments", type=Path)
    parser.add_argument("--resources", default=200, type=int)
    parser.add_argument("--times", default=5, type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        environ = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "REFIT_"))}
        environ |= {"HOME": str(scratch)}
        refit = [str(given.binary.resolve()), "--data", str(scratch / "data")]
        (scratch / "data/pulumi").mkdir(parents=True)
        given.environments.mkdir(parents=True, exist_ok=True)
        (scratch / "data/pulumi/environments").symlink_to(given.environments.resolve())
        listen = ["serve", "--listen", "127.0.0.1:0"]
        server = subprocess.Popen([*refit, *listen], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
        try:
            while not (scratch / "data/server.json").exists():
                assert server.poll() is None, "the server did not start"
                time.sleep(0.05)
            measure(given, scratch, refit, environ)
        finally:
            server.terminate()
            server.wait(60)


def own_python(given, program, environ):
    """The Python of an environment that refit made and the program runs in, the newest first."""
    made = sorted(given.environments.glob("*/bin/python"), key=lambda path: path.parent.parent.stat().st_mtime, reverse=True)
    for python in [*made, Path(sys.executable)]:
        command = [str(python), "-c", ALONE, str(program)]
        environ = environ | {"PULUMI_CONFIG": SETTINGS}
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ).returncode == 0:
            return python
    sys.exit("the program runs in no environment: is there an SDK?")


def measure(given, scratch, refit, environ):
    """Both tables."""
    program = scratch / "program"
    shutil.copytree(given.program, program)
    command = [*refit, "preview", str(program)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
    python = own_python(given, program, environ)
    sdk = seconds([str(python), "-c", ALONE, str(program)], given.times, environ | {"PULUMI_CONFIG": SETTINGS})
    preview = seconds(command, given.times, environ)
    print(f"{'preview of ' + given.program.name:<40} {preview:8.2f} s   SDK alone {sdk:6.2f} s   refit's part {preview - sdk:6.2f} s")

    many = scratch / "many"
    many.mkdir()
    stack_of(many, given.resources)
    for word in ["preview", "up", "up", "down"]:
        took, mebibytes = peak([*refit, word, str(many)], environ)
        print(f"{word + ' of ' + str(given.resources) + ' resources':<40} {took:8.2f} s   {mebibytes:6.1f} MiB at most")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"(this script: {own:.0f} MiB)")


if __name__ == "__main__":
    main()
