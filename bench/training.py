#!/usr/bin/env python3
"""How quickly training jobs start, how long the machine is idle between them, and what their output costs the server.

    target/clients-venv/bin/python bench/training.py [--binary target/release/refit] [--jobs 100] [--seconds 0.5] [--output-mib 1024]

Prints a table. Two slots: the instance type of the jobs is set to half of the processors.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/clients"))


def percentile(values, part):
    """The value below which that part of the values lies."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def row(name, values):
    """A line of the table, milliseconds."""
    parts = "".join(f" {percentile(values, part):>8.1f}" for part in (.5, .9, .99))
    print(f"{name:<44} {len(values):>5}{parts} {max(values):>8.1f}", flush=True)


def starts(server, bucket, image, count, parameters, made):
    """Milliseconds from the request to the program's first line, one job after the other."""
    from support.training import request, training_ended, log_lines
    found = []
    for _ in range(count):
        wanted = request(server, bucket)
        wanted["HyperParameters"] = parameters
        wanted["AlgorithmSpecification"] = {"TrainingImage": image, "TrainingInputMode": "File"}
        before = time.time_ns()
        server.client("sagemaker").create_training_job(**wanted)
        described = training_ended(server, wanted["TrainingJobName"])
        assert described["TrainingJobStatus"] == "Completed", described
        lines = log_lines(server, "/aws/sagemaker/TrainingJobs", wanted["TrainingJobName"] + "/")
        begun = next(int(line.split()[1]) for line in lines if line.startswith("begun"))
        found.append((begun - before) / 1e6)
    row(made, found)


class Disk(threading.Thread):
    """Writes a page now and then, and keeps when that took long: the disk's part in what follows."""

    EVERY_SECONDS = 0.05

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.file = os.open(Path(folder) / "probe", os.O_RDWR | os.O_CREAT)
        self.took, self.ends = [], threading.Event()
        os.pwrite(self.file, bytes(4096), 0)
        os.fsync(self.file)

    def run(self):
        """Until it is told to end."""
        while not self.ends.wait(self.EVERY_SECONDS):
            began = time.time_ns()
            os.pwrite(self.file, bytes(4096), 0)
            os.fdatasync(self.file)
            self.took.append((began, time.time_ns()))

    def stop(self):
        """Milliseconds that each page took."""
        self.ends.set()
        self.join()
        os.close(self.file)
        return [(end - began) / 1e6 for began, end in self.took]

    def stalled(self, began, ended):
        """Whether a page written at that time took more than 10 ms."""
        return any(end > began and start < ended and end - start > 10e6 for start, end in self.took)


def queue(server, bucket, image, count, seconds):
    """Idle milliseconds of a slot between two jobs while others wait."""
    from support.names import unique
    from support.training import request, log_lines
    sagemaker = server.client("sagemaker")
    template = request(server, bucket)
    template["HyperParameters"] = {"seconds": str(seconds)}
    template["AlgorithmSpecification"] = {"TrainingImage": image, "TrainingInputMode": "File"}
    names = [unique("queued") for _ in range(count)]
    disk = Disk(server.data)
    disk.start()
    began = time.time()
    for name in names:
        sagemaker.create_training_job(**(template | {"TrainingJobName": name}))
    made = time.time() - began
    while sagemaker.list_training_jobs(StatusEquals="InProgress", MaxResults=1)["TrainingJobSummaries"]:
        time.sleep(1)
    pages = disk.stop()
    spans = []
    for name in names:
        lines = log_lines(server, "/aws/sagemaker/TrainingJobs", name + "/")
        times = {line.split()[0]: int(line.split()[1]) for line in lines if line.startswith(("begun", "ended"))}
        spans.append((times["begun"], times["ended"]))
    spans.sort()
    free, gaps = [], []
    for start, end in spans:
        if len(free) == 2:
            free.sort()
            # The slot that was free first; two cannot be told apart.
            gaps.append((free.pop(0), start))
        free.append(end)
    row(f"slot idle between {count} jobs of {seconds} s", [(start - freed) / 1e6 for freed, start in gaps])
    row("  those while the disk kept its word", [(start - freed) / 1e6 for freed, start in gaps if not disk.stalled(freed, start)])
    row("  a page made durable meanwhile", pages)
    total = (max(end for _, end in spans) - min(start for start, _ in spans)) / 1e9
    print(f"made in {made:.1f} s; ran {total:.1f} s, {count * seconds / 2:.1f} s at best")


def resident_mib(server, word="VmRSS"):
    """What the server holds, or held at most (`VmHWM`), MiB."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(word)) / 1024


def output(server, bucket, image, mib):
    """The server's memory around a job that writes much; a smaller one before it has filled the caches."""
    from support.training import request, training_ended
    for each in (mib // 8, mib):
        wanted = request(server, bucket)
        wanted["HyperParameters"] = {"seconds": "0", "mib": str(each)}
        wanted["AlgorithmSpecification"] = {"TrainingImage": image, "TrainingInputMode": "File"}
        before, began = resident_mib(server), time.time()
        server.client("sagemaker").create_training_job(**wanted)
        described = training_ended(server, wanted["TrainingJobName"], 600)
        assert described["TrainingJobStatus"] == "Completed", described
        print(f"{each} MiB of output in {time.time() - began:.1f} s: the server had {before:.0f} MiB, then {resident_mib(server):.0f}, "
              f"at most {resident_mib(server, 'VmHWM'):.0f}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", default="target/release/refit")
    arguments.add_argument("--jobs", type=int, default=100)
    arguments.add_argument("--seconds", type=float, default=0.5)
    arguments.add_argument("--starts", type=int, default=30)
    arguments.add_argument("--output-mib", type=int, default=1024)
    asked = arguments.parse_args()
    os.environ["REFIT_BINARY"] = asked.binary
    from support.server import Server
    from support.scripts import archive
    from support.training import bucket as make_bucket
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        server.data.mkdir()
        (server.data / "images.json").write_text(json.dumps([{"image": "plain-python", "python": []}]))
        (server.data / "instance-types.json").write_text(
            json.dumps({"ml.m5.large": {"vcpus": max(1, (os.cpu_count() or 2) // 2), "memory_gib": 0.25}}))
        image = Path(folder) / "image"
        image.mkdir()
        script = image / "train"
        script.write_text(
            # The shell's own clock: to start `date` takes milliseconds that are not refit's.
            "#!/bin/bash\necho begun ${EPOCHREALTIME/./}000\n"
            "mib=$(sed -n 's/.*\"mib\":\"\\([0-9]*\\)\".*/\\1/p' /opt/ml/input/config/hyperparameters.json)\n"
            '[ -z "$mib" ] || yes "$(printf %099d 0)" | head -c ${mib}M\n'
            'sleep $(sed -n \'s/.*"seconds":"\\([0-9.]*\\)".*/\\1/p\' /opt/ml/input/config/hyperparameters.json)\n'
            "echo ended ${EPOCHREALTIME/./}000\n")
        script.chmod(0o755)
        try:
            server.start()
            bucket = make_bucket(server)
            server.client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body="1\n")
            code = archive({"train.py": "import time; print('begun', time.time_ns())"})
            server.client("s3").put_object(Bucket=bucket, Key="code.tar.gz", Body=code)
            parameters = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"s3://{bucket}/code.tar.gz"'}
            print(f"{'milliseconds':<44} {'count':>5} {'p50':>8} {'p90':>8} {'p99':>8} {'max':>8}")
            starts(server, bucket, f"file://{image}", asked.starts, {"seconds": "0"}, "request to first line, folder")
            starts(server, bucket, "plain-python", 1, parameters, "  script, environment made")
            starts(server, bucket, "plain-python", asked.starts, parameters, "request to first line, script, warm")
            queue(server, bucket, f"file://{image}", asked.jobs, asked.seconds)
            output(server, bucket, f"file://{image}", asked.output_mib)
        finally:
            server.close()


if __name__ == "__main__":
    main()
