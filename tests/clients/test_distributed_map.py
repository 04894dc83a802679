"""Distributed Maps as their users see them: items out of S3 or the input, children, results, map runs."""

import gzip
import io
import json
import time
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from support.machines import check_history, ended, history, machine, started, succeeded
from support.names import unique
from support.poll import eventually
from support.refusals import refused

S3_READ = (["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"], "*")
S3_ALL = ("s3:*", "*")
PASS = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
FAIL_ODD = {"StartAt": "Which", "States": {
    "Which": {"Type": "Choice", "Choices": [{"Variable": "$.odd", "BooleanEquals": True, "Next": "Fail"}], "Default": "Done"},
    "Fail": {"Type": "Fail", "Error": "Odd", "Cause": "an odd one"},
    "Done": {"Type": "Succeed"},
}}
WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
NUMBERS = [{"number": number, "odd": number % 2 == 1} for number in range(6)]


def each(processor=None, kind="STANDARD", **more):
    """The states of a machine with one distributed Map, `Each`."""
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}
    return {"Each": {"Type": "Map", "ItemProcessor": config | (processor or PASS), "End": True} | more}


def reader(bucket, key, **config):
    """An ItemReader of one object."""
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": bucket, "Key": key},
    }


def run(server, states, data=None, *statements):
    """The output of an execution of such a machine."""
    arn = machine(server, states, *(statements or (S3_ALL,)))
    return succeeded(server, started(server, arn, data))


def failure(server, states, data=None, *statements):
    """Error and cause of an execution that must fail."""
    arn = machine(server, states, *(statements or (S3_ALL,)))
    described = ended(server, started(server, arn, data))
    assert described["status"] == "FAILED", described
    return described.get("error"), described.get("cause", "")


def only_run(server, execution):
    """The one map run of an execution, described."""
    states = server.client("stepfunctions")
    [one] = states.list_map_runs(executionArn=execution)["mapRuns"]
    return states.describe_map_run(mapRunArn=one["mapRunArn"])


def children(server, map_run, **more):
    """All children of a map run."""
    states = server.client("stepfunctions")
    pages = states.get_paginator("list_executions").paginate(mapRunArn=map_run, **more)
    return [child for page in pages for child in page["executions"]]


def stored(server, bucket, key):
    """An object of JSON."""
    return json.load(server.client("s3").get_object(Bucket=bucket, Key=key)["Body"])


@pytest.fixture
def bucket(server):
    """A new bucket."""
    name = unique("map-data")
    server.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(server, bucket):
    """Stores an object in the bucket; answers its key."""
    def store(key, body, **more):
        server.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **more)
        return key
    return store


# -- items


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_items_of_the_input(server, kind):
    output = run(server, each(kind=kind, ItemsPath="$.items", ItemSelector={
        "value.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index", "all.$": "$.name",
    }), {"items": ["a", "b"], "name": "n"})
    assert output == [{"value": "a", "index": 0, "all": "n"}, {"value": "b", "index": 1, "all": "n"}]


def parquet(rows, **how):
    """A Parquet file of these rows."""
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file, **how)
    return file.getvalue()


ROWS = [
    {"n": 1, "text": "ä", "half": 0.5, "yes": True, "list": [1, 2], "inner": {"a": [{"b": "x"}]}},
    {"n": None, "text": "", "half": None, "yes": False, "list": [], "inner": {"a": None}},
    {"n": 3, "text": None, "half": 1e9, "yes": None, "list": None, "inner": None},
]
MANY = [{"n": n, "text": f"row {n % 7}"} for n in range(5_000)]

FILES = [
    ("snappy.parquet", parquet(ROWS), {"InputType": "PARQUET"}, ROWS),
    ("gzip.parquet", parquet(ROWS, compression="gzip", data_page_version="2.0"), {"InputType": "PARQUET"}, ROWS),
    ("plain.parquet", parquet(ROWS, compression="none", use_dictionary=False), {"InputType": "PARQUET"}, ROWS),
    ("groups.parquet", parquet(MANY, row_group_size=700, data_page_size=512), {"InputType": "PARQUET", "MaxItems": 2_000},
     MANY[:2_000]),
    ("rows.csv", b"a,b\n1,2\n\"x, y\",\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
     [{"a": "1", "b": "2"}, {"a": "x, y", "b": ""}]),
    ("given.csv", b"1,2\n3,4\n", {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]},
     [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
    ("most.csv", b"a\n1\n2\n3\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 2},
     [{"a": "1"}, {"a": "2"}]),
    *((f"{name}.csv", f"a{mark}b\n1{mark}2\n".encode(),
       {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": name}, [{"a": "1", "b": "2"}])
      for name, mark in [("PIPE", "|"), ("SEMICOLON", ";"), ("SPACE", " "), ("TAB", "\t"), ("COMMA", ",")]),
    ("rows.jsonl", b'{"a": 1}\n\n[2]\n"three"', {"InputType": "JSONL"}, [{"a": 1}, [2], "three"]),
    ("list.json", b'[1, {"a": [2]}]', {"InputType": "JSON"}, [1, {"a": [2]}]),
    ("object.json", b'{"a": 1, "b": [2]}', {"InputType": "JSON"}, [{"Key": "a", "Value": 1}, {"Key": "b", "Value": [2]}]),
    ("deep.json", b'{"x": [0], "deep": {"er": [7, 8]}}', {"InputType": "JSON", "ItemsPointer": "/deep/er"}, [7, 8]),
    ("empty.json", b"[]", {"InputType": "JSON"}, []),
    ("packed.csv.gz", gzip.compress(b"a\n1\n"), {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, [{"a": "1"}]),
    ("packed.jsonl.gz", gzip.compress(b"1\n2\n"), {"InputType": "JSONL"}, [1, 2]),
]


@pytest.mark.parametrize(("key", "body", "config", "items"), FILES, ids=[case[0] for case in FILES])
def test_items_of_an_object(server, bucket, put, key, body, config, items):
    states = each(ItemReader=reader(bucket, put(key, body), **config))
    assert run(server, states) == items


def test_items_of_a_listing(server, bucket, put):
    for number in range(3):
        put(f"in/{number}", b"x" * number)
    put("other", b"")
    states = each(ItemReader={
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket.$": "$.bucket", "Prefix": "in/"},
    }, ItemSelector={"object.$": "$$.Map.Item.Value"})
    output = run(server, states, {"bucket": bucket})
    assert [(one["object"]["Key"], one["object"]["Size"]) for one in output] == [("in/0", 0), ("in/1", 1), ("in/2", 2)]
    assert all(one["object"].keys() >= {"Etag", "LastModified", "StorageClass"} for one in output)


def test_items_of_listed_objects(server, bucket, put):
    put("in/1.jsonl", b"1\n2\n")
    put("in/2.jsonl", b"3\n")
    states = each(ItemReader={
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
        "Parameters": {"Bucket": bucket, "Prefix": "in/"},
    }, ItemSelector={"item.$": "$$.Map.Item.Value", "from.$": "$$.Map.Item.Source"})
    assert [(one["item"], one["from"]) for one in run(server, states)] == [
        (1, f"S3://{bucket}/in/1.jsonl"), (2, f"S3://{bucket}/in/1.jsonl"), (3, f"S3://{bucket}/in/2.jsonl"),
    ]


def test_items_of_an_inventory(server, bucket, put):
    put("inventory/1.csv.gz", gzip.compress(f'"{bucket}","a/b","3"\n'.encode()))
    put("inventory/2.csv", f'"{bucket}","c","4"\n'.encode())
    manifest = put("inventory/manifest.json", json.dumps({
        "sourceBucket": bucket, "destinationBucket": f"arn:aws:s3:::{bucket}", "version": "2016-11-30",
        "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inventory/1.csv.gz", "size": 1, "MD5checksum": ""},
                  {"key": "inventory/2.csv", "size": 1, "MD5checksum": ""}],
    }))
    states = each(ItemReader=reader(bucket, manifest, InputType="MANIFEST"))
    assert run(server, states) == [
        {"Bucket": bucket, "Key": "a/b", "Size": "3"}, {"Bucket": bucket, "Key": "c", "Size": "4"},
    ]


def test_items_of_an_inventory_in_parquet(server, bucket, put):
    rows = [{"bucket": bucket, "key": "a/b", "size": 3}, {"bucket": bucket, "key": "c", "size": 4}]
    put("inventory/1.parquet", parquet(rows[:1]))
    put("inventory/2.parquet", parquet(rows[1:]))
    manifest = put("inventory/manifest.json", json.dumps({
        "sourceBucket": bucket, "destinationBucket": f"arn:aws:s3:::{bucket}", "version": "2016-11-30",
        "fileFormat": "Parquet", "fileSchema": "message s3.inventory { required binary bucket (UTF8); }",
        "files": [{"key": "inventory/1.parquet"}, {"key": "inventory/2.parquet"}],
    }))
    assert run(server, each(ItemReader=reader(bucket, manifest, InputType="MANIFEST"))) == rows


def test_batches(server, bucket, put):
    key = put("rows.jsonl", b"".join(b"%d\n" % number for number in range(5)))
    states = each(
        ItemReader=reader(bucket, key, InputType="JSONL"),
        ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"who.$": "$.who"}},
        ItemSelector={"n.$": "$$.Map.Item.Value"},
    )
    arn = machine(server, states, S3_ALL)
    execution = started(server, arn, {"who": "me"})
    batches = succeeded(server, execution)
    assert [[item["n"] for item in batch["Items"]] for batch in batches] == [[0, 1], [2, 3], [4]]
    assert all(batch["BatchInput"] == {"who": "me"} for batch in batches)
    shown = only_run(server, execution)
    assert (shown["itemCounts"]["total"], shown["executionCounts"]["total"]) == (5, 3)


def test_batches_by_bytes(server):
    states = each(ItemBatcher={"MaxInputBytesPerBatch": 100})
    batches = run(server, states, ["x" * 40] * 3)
    assert [len(batch["Items"]) for batch in batches] == [2, 1]


def test_expressions(server, bucket, put):
    key = put("rows.json", json.dumps({"rows": [1, 2, 3, 4]}))
    processor = {"StartAt": "Double", "States": {"Double": {
        "Type": "Pass", "Output": "{% $states.input.n * 2 %}", "End": True,
    }}}
    states = {"QueryLanguage": "JSONata"} | {"StartAt": "Each", "States": each(
        processor,
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/rows", "MaxItems": "{% $states.input.most %}"},
            "Arguments": {"Bucket": "{% $states.input.bucket %}", "Key": key},
        },
        ItemSelector={"n": "{% $states.context.Map.Item.Value %}"},
        MaxConcurrency="{% 1 + 1 %}",
        ToleratedFailurePercentage="{% 10 %}",
        Output="{% $sum($states.result) %}",
    )}
    assert run(server, states, {"bucket": bucket, "most": 3}) == 12


# -- results


def test_results_are_exported(server, bucket):
    states = each(
        FAIL_ODD, ToleratedFailurePercentage=50, Label="numbers",
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "out"}},
    )
    arn = machine(server, states, S3_ALL)
    execution = started(server, arn, NUMBERS)
    output = succeeded(server, execution)
    details = output["ResultWriterDetails"]
    uuid = output["MapRunArn"].rpartition(":")[2]
    assert (details["Bucket"], details["Key"]) == (bucket, f"out/{uuid}/manifest.json")
    manifest = stored(server, bucket, details["Key"])
    assert manifest["DestinationBucket"] == bucket and manifest["MapRunArn"] == output["MapRunArn"]
    files = manifest["ResultFiles"]
    assert list(files) == ["FAILED", "PENDING", "SUCCEEDED"] and files["PENDING"] == []
    [good], [bad] = files["SUCCEEDED"], files["FAILED"]
    assert good["Key"] == f"out/{uuid}/SUCCEEDED_0.json" and bad["Key"] == f"out/{uuid}/FAILED_0.json"
    head = server.client("s3").head_object(Bucket=bucket, Key=good["Key"])
    assert head["ContentLength"] == good["Size"]
    succeeded_ones, failed_ones = (stored(server, bucket, file["Key"]) for file in (good, bad))
    assert [json.loads(one["Output"])["number"] for one in succeeded_ones] == [0, 2, 4]
    assert [json.loads(one["Input"])["number"] for one in failed_ones] == [1, 3, 5]
    assert all((one["Status"], one["Error"], one["Cause"]) == ("FAILED", "Odd", "an odd one") for one in failed_ones)
    assert all(one["StateMachineArn"] == f"{arn}/numbers" for one in succeeded_ones + failed_ones)
    shown = only_run(server, execution)
    assert shown["status"] == "SUCCEEDED" and shown["toleratedFailurePercentage"] == 50
    counts = shown["itemCounts"]
    assert (counts["succeeded"], counts["failed"], counts["resultsWritten"], counts["total"]) == (3, 3, 6, 6)
    assert (counts["pending"], counts["running"]) == (0, 0)


@pytest.mark.parametrize(("config", "ending", "body"), [
    ({"Transformation": "COMPACT", "OutputType": "JSON"}, "json", b"[[1,2],[3]]"),
    ({"Transformation": "FLATTEN", "OutputType": "JSON"}, "json", b"[1,2,3]"),
    ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "jsonl", b"1\n2\n3\n"),
])
def test_forms_of_results(server, bucket, config, ending, body):
    states = each(ResultWriter={
        "Resource": "arn:aws:states:::s3:putObject", "WriterConfig": config, "Parameters": {"Bucket": bucket},
    })
    details = run(server, states, [[1, 2], [3]])["ResultWriterDetails"]
    [file] = stored(server, bucket, details["Key"])["ResultFiles"]["SUCCEEDED"]
    assert file["Key"].endswith(f"SUCCEEDED_0.{ending}")
    assert server.client("s3").get_object(Bucket=bucket, Key=file["Key"])["Body"].read() == body


def test_results_in_another_form_and_not_exported(server):
    writer = {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}
    assert run(server, each(ResultWriter=writer), [[1, 2], [3]]) == [1, 2, 3]


# -- failures


@pytest.mark.parametrize("tolerated", [
    {}, {"ToleratedFailureCount": 2}, {"ToleratedFailurePercentage": 49}, {"ToleratedFailureCount": 2, "ToleratedFailurePercentage": 90},
])
def test_too_many_failures(server, tolerated):
    arn = machine(server, each(FAIL_ODD, **tolerated), S3_ALL)
    execution = started(server, arn, NUMBERS)
    described = ended(server, execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert only_run(server, execution)["status"] == "FAILED"
    kinds = [event["type"] for event in history(server, execution)]
    assert kinds == [
        "ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed",
        "ExecutionFailed",
    ]


@pytest.mark.parametrize("tolerated", [{"ToleratedFailureCount": 3}, {"ToleratedFailurePercentage": 50}])
def test_as_many_failures_as_are_tolerated(server, tolerated):
    output = run(server, each(FAIL_ODD, **tolerated), NUMBERS)
    assert [one["Status"] if "Status" in one else one["number"] for one in output] == [0, "FAILED", 2, "FAILED", 4, "FAILED"]


def test_a_failure_of_many_that_wait_is_seen_at_once(server):
    processor = {"StartAt": "Which", "States": {
        "Which": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "Fail"}], "Default": "Wait"},
        "Fail": {"Type": "Fail"}, "Wait": {"Type": "Wait", "Seconds": 600, "End": True},
    }}
    for tolerated in ({"ToleratedFailureCount": 0}, {"ToleratedFailurePercentage": 1}):
        arn = machine(server, each(processor, **tolerated), S3_ALL)
        execution = started(server, arn, list(range(10)))
        assert ended(server, execution)["error"] == "States.ExceedToleratedFailureThreshold"
        counts = only_run(server, execution)["executionCounts"]
        assert (counts["failed"], counts["aborted"], counts["running"]) == (1, 9, 0)


def test_what_cannot_be_read(server, bucket, put):
    csv = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    put("rows.csv", b"a\n1\n")
    error = "States.ItemReaderFailed"
    for statements, where, word in [
        ((S3_ALL,), reader("no-such-bucket-here", "rows.csv", **csv), "bucket"),
        ((S3_ALL,), reader(bucket, "nothing", **csv), "key"),
        (((["s3:PutObject"], "*"),), reader(bucket, "rows.csv", **csv), "s3:GetObject"),
        ((S3_ALL,), reader(bucket, put("long.csv", b"x" * 11_000 + b"\n1\n"), **csv), "header"),
        ((S3_ALL,), reader(bucket, put("bad.jsonl", b"{\n"), InputType="JSONL"), "JSON"),
        ((S3_ALL,), reader(bucket, put("bad.json", b"[1, 2"), InputType="JSON"), "JSON"),
        ((S3_ALL,), reader(bucket, put("text.json", b'"text"'), InputType="JSON"), "iterable"),
        ((S3_ALL,), reader(bucket, put("gz.jsonl.gz", gzip.compress(b"1\n" * 9999)[:30]), InputType="JSONL"), ""),
        ((S3_ALL,), reader(bucket, put("rows.parquet", b"PAR1"), InputType="PARQUET"), "no Parquet file"),
        ((S3_ALL,), reader(bucket, put("cut.parquet", parquet(MANY)[:-9]), InputType="PARQUET"), "no Parquet file"),
        ((S3_ALL,), reader(bucket, put("broken.parquet", b"PAR1" + parquet(MANY)[9:]), InputType="PARQUET"), "broken"),
        ((S3_ALL,), reader(bucket, put("z.parquet", parquet(MANY, compression="zstd")), InputType="PARQUET"), "Zstandard"),
    ]:
        found, cause = failure(server, each(ItemReader=where), None, *statements)
        assert found == error and word.lower() in cause.lower(), (where, found, cause)


def test_what_cannot_be_written(server):
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "no-such-bucket-here"}}
    error, cause = failure(server, each(ResultWriter=writer), [1])
    assert error == "States.ResultWriterFailed" and "bucket" in cause, cause


def test_a_reader_that_fails_is_retried_and_caught(server, bucket):
    states = each(
        ItemReader=reader(bucket, "nothing", InputType="JSON"),
        Retry=[{"ErrorEquals": ["States.ItemReaderFailed"], "MaxAttempts": 1, "IntervalSeconds": 1}],
        Catch=[{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Caught"}],
    ) | {"Caught": {"Type": "Pass", "Result": "caught", "End": True}}
    arn = machine(server, states, S3_ALL)
    execution = started(server, arn)
    assert succeeded(server, execution) == "caught"
    events = history(server, execution)
    check_history(events)
    assert [event["type"] for event in events].count("MapRunFailed") == 2
    assert len(server.client("stepfunctions").list_map_runs(executionArn=execution)["mapRuns"]) == 2


# -- runs and children


def test_runs_and_children_are_described(server):
    arn = machine(server, each(FAIL_ODD, ToleratedFailureCount=3, Label="mine", MaxConcurrency=7), S3_ALL)
    execution = started(server, arn, NUMBERS)
    ended(server, execution)
    states = server.client("stepfunctions")
    shown = only_run(server, execution)
    run_arn = shown["mapRunArn"]
    assert run_arn.startswith(arn.replace(":stateMachine:", ":mapRun:") + "/mine:")
    assert (shown["executionArn"], shown["maxConcurrency"], shown["toleratedFailureCount"]) == (execution, 7, 3)
    assert shown["stopDate"] >= shown["startDate"] and shown["redriveCount"] == 0
    all_children = children(server, run_arn)
    assert len(all_children) == 6 and len({child["executionArn"] for child in all_children}) == 6
    assert all(child["mapRunArn"] == run_arn and child["stateMachineArn"] == f"{arn}/mine" for child in all_children)
    assert len(children(server, run_arn, statusFilter="FAILED")) == 3
    assert len(children(server, run_arn, PaginationConfig={"PageSize": 4})) == 6
    for child in all_children:
        described = states.describe_execution(executionArn=child["executionArn"])
        assert described["mapRunArn"] == run_arn and described["status"] == child["status"]
        odd = json.loads(described["input"])["odd"]
        assert child["status"] == ("FAILED" if odd else "SUCCEEDED")
        events = history(server, child["executionArn"])
        check_history(events)
        assert events[-1]["type"] == ("ExecutionFailed" if odd else "ExecutionSucceeded")
    # Children are no executions of the machine.
    assert len(states.list_executions(stateMachineArn=arn)["executions"]) == 1
    machine_of = states.describe_state_machine_for_execution(executionArn=all_children[0]["executionArn"])
    assert machine_of["mapRunArn"] == run_arn and machine_of["label"] == "mine"
    events = history(server, execution)
    check_history(events)
    started_event = next(event for event in events if event["type"] == "MapRunStarted")
    assert started_event["mapRunStartedEventDetails"]["mapRunArn"] == run_arn
    with refused("ResourceNotFound"):
        states.describe_map_run(mapRunArn=run_arn[:-1] + ("0" if run_arn[-1] != "0" else "1"))
    with refused("InvalidArn"):
        states.describe_map_run(mapRunArn="nonsense")
    with refused("ValidationException"):
        states.update_map_run(mapRunArn=run_arn, maxConcurrency=1)


def test_concurrency_is_kept_and_changed(server):
    arn = machine(server, each(WAIT, MaxConcurrency=2), S3_ALL)
    execution = started(server, arn, list(range(5)))
    states = server.client("stepfunctions")

    def running(number):
        def look():
            runs = states.list_map_runs(executionArn=execution)["mapRuns"]
            counts = runs and states.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["executionCounts"]
            return counts if counts and counts["running"] == number else None
        return eventually(look, f"{number} run")

    counts = running(2)
    assert (counts["total"], counts["pending"]) == (5, 3), counts
    run_arn = only_run(server, execution)["mapRunArn"]
    states.update_map_run(mapRunArn=run_arn, maxConcurrency=4, toleratedFailureCount=5)
    running(4)
    shown = states.describe_map_run(mapRunArn=run_arn)
    assert (shown["maxConcurrency"], shown["toleratedFailureCount"]) == (4, 5)
    # One that is stopped makes room for another.
    states.stop_execution(executionArn=children(server, run_arn, statusFilter="RUNNING")[0]["executionArn"])
    eventually(lambda: only_run(server, execution)["executionCounts"]["pending"] == 0, "the last is started")
    states.stop_execution(executionArn=execution)
    assert ended(server, execution)["status"] == "ABORTED"
    eventually(lambda: only_run(server, execution)["status"] == "ABORTED", "the run is called off")
    counts = only_run(server, execution)["executionCounts"]
    assert (counts["aborted"], counts["running"], counts["total"]) == (5, 0, 5)
    assert {child["status"] for child in children(server, run_arn)} == {"ABORTED"}


def test_a_redrive_runs_what_failed_again(server, bucket, put):
    processor = {"StartAt": "Look", "States": {"Look": {
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:headObject",
        "Parameters": {"Bucket": bucket, "Key.$": "$"}, "ResultSelector": {"bytes.$": "$.ContentLength"}, "End": True,
    }}}
    put("a", b"1")
    arn = machine(server, each(processor, ToleratedFailureCount=1), S3_ALL)
    execution = started(server, arn, ["a", "b", "c"])
    assert ended(server, execution)["error"] == "States.ExceedToleratedFailureThreshold"
    before = {child["executionArn"]: child["status"] for child in children(server, only_run(server, execution)["mapRunArn"])}
    put("b", b"22")
    put("c", b"333")
    states = server.client("stepfunctions")
    states.redrive_execution(executionArn=execution)
    assert succeeded(server, execution) == [{"bytes": 1}, {"bytes": 2}, {"bytes": 3}]
    shown = only_run(server, execution)
    assert (shown["status"], shown["redriveCount"]) == ("SUCCEEDED", 1)
    after = children(server, shown["mapRunArn"])
    assert {child["executionArn"] for child in after} == set(before)
    for child in after:
        if before[child["executionArn"]] == "SUCCEEDED":
            assert child.get("redriveCount", 0) == 0


def test_a_run_stays_with_what_it_began_to_read(server, bucket, put):
    """Rows are neither lost nor doubled when somebody replaces the object."""
    key = put("rows.csv", b"n\n" + b"".join(b"%d\n" % number for number in range(40_000)))
    processor = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}
    states = each(
        processor, ItemReader=reader(bucket, key, InputType="CSV", CSVHeaderLocation="FIRST_ROW", MaxItems=20_000),
        ItemBatcher={"MaxItemsPerBatch": 4_000}, MaxConcurrency=1,
    )
    arn = machine(server, states, S3_ALL)
    execution = started(server, arn)
    eventually(lambda: server.client("stepfunctions").list_map_runs(executionArn=execution)["mapRuns"], "the run begins")
    eventually(lambda: children(server, only_run(server, execution)["mapRunArn"]), "a child begins")
    put("rows.csv", b"n\nother\n")
    described = ended(server, execution)
    if described["status"] == "FAILED":
        assert described["error"] in ("States.ItemReaderFailed", "States.DataLimitExceeded"), described
    else:
        rows = [row["n"] for batch in json.loads(described["output"]) for row in batch["Items"]]
        assert rows == [str(number) for number in range(20_000)]


def test_an_object_replaced_between_two_lives_fails_the_run(make_server):
    server = make_server().start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="rows.jsonl", Body=b"".join(b"%d\n" % number for number in range(50)))
    states = each(WAIT, ItemReader=reader("data", "rows.jsonl", InputType="JSONL"), MaxConcurrency=2)
    execution = started(server, machine(server, states, S3_ALL))
    eventually(lambda: children(server, only_run(server, execution)["mapRunArn"]), "children begin")
    server.kill9()
    server.start()
    server.client("s3").put_object(Bucket="data", Key="rows.jsonl", Body=b"0\n")
    server.restart()
    described = ended(server, execution)
    assert described.get("error") == "States.ItemReaderFailed" and "changed" in described["cause"], described


def test_nothing_is_lost_and_nothing_twice_when_the_server_is_killed(make_server):
    """2,000 items that send messages; the server is killed three times in between."""
    number = 2_000
    server = make_server().start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="rows.csv", Body="n\n" + "".join(f"{row}\n" for row in range(number)))
    queue = server.client("sqs").create_queue(QueueName="sent")["QueueUrl"]
    processor = {"StartAt": "Send", "States": {"Send": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$.n"}, "ResultSelector": {}, "ResultPath": None, "End": True,
    }}}
    states = each(
        processor, ItemReader=reader("data", "rows.csv", InputType="CSV", CSVHeaderLocation="FIRST_ROW"), MaxConcurrency=40,
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "out"},
                      "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}},
    )
    arn = machine(server, states, S3_ALL, ("sqs:*", "*"))
    execution = started(server, arn)
    for share in (0.1, 0.4, 0.7):
        def is_there(share=share):
            runs = server.client("stepfunctions").list_map_runs(executionArn=execution)["mapRuns"]
            return runs and only_run(server, execution)["itemCounts"]["succeeded"] >= share * number
        eventually(is_there, f"{share:.0%} are done", 60)
        server.kill9()
        server.start()
    output = succeeded(server, execution, 120)
    [file] = stored(server, "data", stored_key(output))["ResultFiles"]["SUCCEEDED"]
    rows = [int(one["n"]) for one in stored(server, "data", file["Key"])]
    assert rows == list(range(number))
    sqs, sent = server.client("sqs"), []
    queue = sqs.get_queue_url(QueueName="sent")["QueueUrl"]
    while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        sent += [int(message["Body"]) for message in found]
    assert sorted(sent) == list(range(number))
    counts = only_run(server, execution)["executionCounts"]
    assert (counts["succeeded"], counts["total"]) == (number, number)


def peak_mib(server):
    """The greatest size the server has had."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM")) / 1024


def test_a_map_over_very_many_items_takes_little_memory_and_nobody_notices(make_server):
    """30,000 rows, of which no more than some are ever in memory; the benchmark `distributed` has a million."""
    server = make_server().start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="data")
    rows = b"".join(b'{"row": %d, "text": "%s"}\n' % (row, b"x" * 200) for row in range(30_000))
    s3.put_object(Bucket="data", Key="rows.jsonl", Body=rows)
    others = machine(server, PASS["States"])
    before = peak_mib(server)
    states = each(ItemReader=reader("data", "rows.jsonl", InputType="JSONL"), kind="EXPRESS",
                  ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data"}})
    execution = started(server, machine(server, states, S3_ALL))
    slowest = 0.0
    while server.client("stepfunctions").describe_execution(executionArn=execution)["status"] == "RUNNING":
        begin = time.monotonic()
        succeeded(server, started(server, others))
        slowest = max(slowest, time.monotonic() - begin)
    succeeded(server, execution)
    counts = only_run(server, execution)["itemCounts"]
    assert (counts["succeeded"], counts["total"], counts["resultsWritten"]) == (30_000, 30_000, 30_000)
    assert slowest < 10, slowest
    assert peak_mib(server) - before < 200, (before, peak_mib(server))


def stored_key(output):
    """Where the manifest is."""
    return output["ResultWriterDetails"]["Key"]
