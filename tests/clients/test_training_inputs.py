"""How data reaches a job: modes, manifests, shards, pipes, checkpoints; and jobs on several hosts."""

import gzip
import json
import struct

import pytest

from support.names import unique
from support.scripts import model_files, script_request
from support.training import bucket, channel, trained

READ = """
import json, os, sys
told = {}
for name in json.loads(os.environ["SM_CHANNELS"]):
    root = os.environ["SM_CHANNEL_" + name.upper()]
    told[name] = {}
    for folder, _, files in os.walk(root):
        for file in files:
            path = os.path.join(folder, file)
            told[name][os.path.relpath(path, root)] = open(path).read()
host = os.environ["SM_CURRENT_HOST"]
json.dump(told, open(os.environ["SM_MODEL_DIR"] + "/" + host + ".json", "w"))
"""

PIPE = """
import json, os, time
def epoch(number):
    path = os.environ["SM_CHANNEL_TRAIN"] + "_" + str(number)
    for _ in range(500):
        if os.path.exists(path):
            return open(path, "rb").read()
        time.sleep(0.01)
    raise SystemExit("no " + path)
told = [epoch(number).hex() for number in range(2)]
json.dump(told, open(os.environ["SM_MODEL_DIR"] + "/told.json", "w"))
"""


@pytest.fixture(scope="module")
def data(server):
    name = bucket(server)
    s3 = server.client("s3")
    for number in range(4):
        s3.put_object(Bucket=name, Key=f"train/{number}.txt", Body=f"row {number}\n")
    s3.put_object(Bucket=name, Key="train/deep/x.txt", Body="deep\n")
    s3.put_object(Bucket=name, Key="zip/a.gz", Body=gzip.compress(b"unpacked"))
    manifest = [{"prefix": f"s3://{name}/train/"}, "1.txt", "deep/x.txt"]
    s3.put_object(Bucket=name, Key="manifest.json", Body=json.dumps(manifest))
    lines = [{"source-ref": f"s3://{name}/train/{n}.txt", "label": {"is": n}} for n in range(2)]
    s3.put_object(Bucket=name, Key="augmented.jsonl", Body="\n".join(map(json.dumps, lines)))
    return name


def run(server, data, script, channels, expected="Completed", **more):
    wanted = script_request(server, data, {"train.py": script}, **more)
    wanted["InputDataConfig"] = channels
    described = trained(server, wanted)
    assert described["TrainingJobStatus"] == expected, described.get("FailureReason")
    return described


def one(uri, kind="S3Prefix", distribution="FullyReplicated", more=None, **members):
    made = channel("train", uri)
    del made["ContentType"]
    made["DataSource"]["S3DataSource"] |= {"S3DataType": kind, "S3DataDistributionType": distribution} | (more or {})
    return made | members


def told(server, described, name="algo-1.json"):
    return json.loads(model_files(server, described)[name])


ALL = {"0.txt": "row 0\n", "1.txt": "row 1\n", "2.txt": "row 2\n", "3.txt": "row 3\n", "deep/x.txt": "deep\n"}


@pytest.mark.parametrize("mode", ["File", "FastFile"])
def test_a_prefix_is_a_folder(server, data, mode):
    described = run(server, data, READ, [one(f"s3://{data}/train/", InputMode=mode)])
    assert told(server, described)["train"] == ALL


def test_a_manifest_names_objects(server, data):
    described = run(server, data, READ, [one(f"s3://{data}/manifest.json", "ManifestFile")])
    assert told(server, described)["train"] == {"1.txt": "row 1\n", "deep/x.txt": "deep\n"}


def test_what_a_job_writes_into_its_data_changes_no_object(server, data):
    script = """
import os
path = os.environ["SM_CHANNEL_TRAIN"] + "/0.txt"
try:
    open(path, "a").write("spoiled")
except OSError as error:
    print("refused", error)
"""
    for mode in ("File", "FastFile"):
        run(server, data, script, [one(f"s3://{data}/train/", InputMode=mode)])
        body = server.client("s3").get_object(Bucket=data, Key="train/0.txt")["Body"].read()
        assert body == b"row 0\n", mode


def records(content):
    """The contents of RecordIO records."""
    found = []
    while content:
        magic, length = struct.unpack("<II", content[:8])
        assert magic == 0xCED7230A
        found.append(content[8:8 + length])
        content = content[8 + (length + 3) // 4 * 4:]
    return found


def test_pipes_give_the_data_once_an_epoch(server, data):
    described = run(server, data, PIPE, [one(f"s3://{data}/train/", InputMode="Pipe")])
    epochs = [bytes.fromhex(epoch) for epoch in told(server, described, "told.json")]
    assert epochs == ["".join(ALL.values()).encode()] * 2


def test_pipes_unpack_wrap_and_shuffle(server, data):
    wanted = one(f"s3://{data}/train/", InputMode="Pipe", RecordWrapperType="RecordIO", ShuffleConfig={"Seed": 7})
    described = run(server, data, PIPE, [wanted])
    epochs = [records(bytes.fromhex(epoch)) for epoch in told(server, described, "told.json")]
    assert [sorted(epoch) for epoch in epochs] == [sorted(text.encode() for text in ALL.values())] * 2
    assert epochs[0] != epochs[1]
    described = run(server, data, PIPE, [one(f"s3://{data}/zip/", InputMode="Pipe", CompressionType="Gzip")])
    assert bytes.fromhex(told(server, described, "told.json")[0]) == b"unpacked"


def test_a_pipe_that_breaks_fails_the_job(server, data):
    """To the program broken data looks like the end of it: it would end well, or wait for the next epoch for ever."""
    broken = gzip.compress(bytes(range(256)) * 4096)[:-400]
    server.client("s3").put_object(Bucket=data, Key="broken/a.gz", Body=broken)
    once = PIPE.replace("range(2)", "range(1)")
    for script in (once, PIPE.replace("range(500)", "range(10_000_000)")):
        pipe = one(f"s3://{data}/broken/", InputMode="Pipe", CompressionType="Gzip")
        described = run(server, data, script, [pipe], "Failed")
        assert "ClientError: Data download failed: channel train: " in described["FailureReason"], described


def test_augmented_manifests_come_through_pipes(server, data):
    more = {"AttributeNames": ["source-ref", "label"]}
    wanted = one(f"s3://{data}/augmented.jsonl", "AugmentedManifestFile", more=more, InputMode="Pipe", RecordWrapperType="RecordIO")
    described = run(server, data, PIPE, [wanted])
    [first, _] = [records(bytes.fromhex(epoch)) for epoch in told(server, described, "told.json")]
    assert first == [b"row 0\n", b'{"is":0}', b"row 1\n", b'{"is":1}']


def test_modes_that_do_not_fit_are_refused(server, data):
    for members, word in (({"CompressionType": "Gzip"}, "Pipe"), ({"RecordWrapperType": "RecordIO"}, "Pipe")):
        described = run(server, data, READ, [one(f"s3://{data}/train/", **members)], "Failed")
        assert word in described["FailureReason"]


def test_several_hosts_share_the_data(server, data):
    script = READ + """
import socket
addresses = [socket.gethostbyname(name) for name in json.loads(os.environ["SM_HOSTS"])]
assert len(set(addresses)) == 3, addresses
config = json.load(open("/opt/ml/input/config/resourceconfig.json"))
assert config["current_host"] == host == socket.gethostname()
print("I am", host)
"""
    resources = {"InstanceCount": 3, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
    wanted = one(f"s3://{data}/train/", distribution="ShardedByS3Key")
    described = run(server, data, script, [wanted], ResourceConfig=resources)
    shares = [told(server, described, f"algo-{n}.json")["train"] for n in (1, 2, 3)]
    assert [len(share) for share in shares] == [2, 2, 1]
    assert {name: text for share in shares for name, text in share.items()} == ALL
    streams = server.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{described['TrainingJobName']}/")["logStreams"]
    assert len(streams) == 3


def test_a_host_that_fails_ends_the_others(server, data):
    script = """
import os, time
if os.environ["SM_CURRENT_HOST"] == "algo-2":
    raise RuntimeError("host 2 has had enough")
time.sleep(100)
"""
    resources = {"VolumeSizeInGB": 5, "InstanceGroups": [
        {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceGroupName": "b", "InstanceType": "ml.c5.xlarge", "InstanceCount": 1}]}
    described = run(server, data, script, [one(f"s3://{data}/train/")], "Failed", ResourceConfig=resources)
    assert "host 2 has had enough" in described["FailureReason"]


def test_checkpoints_are_kept_and_brought_back(server, data):
    script = """
import os
path = "/opt/ml/checkpoints/step"
step = int(open(path).read()) if os.path.exists(path) else 0
open(path, "w").write(str(step + 1))
open(os.environ["SM_MODEL_DIR"] + "/step", "w").write(str(step))
"""
    config = {"S3Uri": f"s3://{data}/{unique('checkpoints')}"}
    steps = []
    for _ in range(3):
        described = run(server, data, script, [one(f"s3://{data}/train/")], CheckpointConfig=config)
        steps.append(model_files(server, described)["step"])
    assert steps == [b"0", b"1", b"2"]


def test_output_may_stay_unpacked(server, data):
    described = run(server, data, READ, [one(f"s3://{data}/train/")],
                    OutputDataConfig={"S3OutputPath": f"s3://{data}/plain", "CompressionType": "NONE"})
    uri = described["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{data}/plain/{described['TrainingJobName']}/output/model/"
    server.client("s3").head_object(Bucket=data, Key=uri.split("/", 3)[3] + "algo-1.json")


def test_an_isolated_job_has_no_network(server, data):
    script = """
import os, socket
assert socket.gethostbyname("algo-1") == "127.0.0.1"
listener = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listener.getsockname()).close()
host, port = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://").split(":")
try:
    socket.create_connection((host, int(port)), 2)
except OSError:
    print("isolated")
else:
    raise SystemExit("it reached the server")
"""
    run(server, data, script, [one(f"s3://{data}/train/")], EnableNetworkIsolation=True)


def test_spot_needs_a_time_to_wait(server, data):
    wanted = script_request(server, data, {"train.py": ""}, EnableManagedSpotTraining=True)
    sagemaker = server.client("sagemaker")
    for waiting, accepted in ((None, False), (10, False), (600, True)):
        wanted["TrainingJobName"] = unique("job")
        wanted["StoppingCondition"] = {"MaxRuntimeInSeconds": 300} | ({"MaxWaitTimeInSeconds": waiting} if waiting else {})
        try:
            sagemaker.create_training_job(**wanted)
            assert accepted
        except sagemaker.exceptions.ClientError as error:
            assert not accepted and "MaxWaitTimeInSeconds" in str(error)
