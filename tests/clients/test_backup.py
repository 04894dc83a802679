"""`refit backup` while the server is written to, and `refit restore` into another data directory."""

import threading

from support.machines import ended, machine, started
from support.names import unique
from support.poll import eventually
from support.server import Server


def keys_of(server, bucket):
    pages = server.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [one["Key"] for page in pages for one in page.get("Contents", [])]


def test_a_backup_of_a_busy_server_is_consistent(make_server, tmp_path_factory, tmp_path):
    server = make_server().start()
    bucket = unique("bucket")
    server.client("s3").create_bucket(Bucket=bucket)
    waits = machine(server, {"Wait": {"Type": "Wait", "Seconds": 2, "Next": "Done"}, "Done": {"Type": "Succeed"}})
    halt, written = threading.Event(), []

    def write():
        s3 = server.client_of(server.session(), "s3")
        while not halt.is_set():
            # Written, written over and removed: contents come and go while they are copied.
            name = f"{len(written):05}"
            s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
            s3.put_object(Bucket=bucket, Key="same", Body=name.encode())
            s3.put_object(Bucket=bucket, Key="gone", Body=b"x" * 1000)
            s3.delete_object(Bucket=bucket, Key="gone")
            written.append(name)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    eventually(lambda: len(written) > 20, "some objects are written")
    execution = started(server, waits)
    before = len(written)
    copy = tmp_path / "copy"
    done = server.refit("backup", copy)
    assert done.returncode == 0, done.stderr
    halt.set()
    writer.join(30)
    ended(server, execution)
    again = server.refit("backup", copy)
    assert again.returncode == 1 and "is not empty" in again.stderr

    other = Server(tmp_path_factory.mktemp("restored"))
    try:
        done = other.refit("restore", copy)
        assert done.returncode == 0, done.stderr
        done = other.refit("restore", copy)
        assert done.returncode == 1 and "is not empty" in done.stderr
        other.start()
        found = [key for key in keys_of(other, bucket) if key.isdigit()]
        assert set(written[:before]) <= set(found)
        for key in [*found, "same"]:
            body = other.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
            assert body == key or key == "same" and body in written
        # What waited when the backup was made goes on there.
        assert ended(other, execution)["status"] == "SUCCEEDED"
    finally:
        other.close()


def test_what_is_no_backup(make_server, tmp_path):
    server = make_server()
    done = server.refit("backup", tmp_path / "copy")
    assert done.returncode == 1 and "holds nothing to back up" in done.stderr
    done = server.refit("restore", tmp_path)
    assert done.returncode == 1 and "is no backup" in done.stderr
