"""CloudWatch as boto3 and the AWS CLI see it: metrics that are kept, alarms that evaluate and act."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from support.machines import machine
from support.names import unique
from support.poll import eventually
from support.refusals import refused


@pytest.fixture
def cloudwatch(client):
    return client("cloudwatch")


def around_now():
    now = datetime.now(timezone.utc)
    return {"StartTime": now - timedelta(minutes=30), "EndTime": now + timedelta(minutes=5)}


def put(cloudwatch, namespace, name="auc", **datum):
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": name, **datum}])


def alarm_on(namespace, **more):
    """An alarm that sees a breach within seconds: ten-second periods of data by the second."""
    return {
        "AlarmName": unique("alarm"), "Namespace": namespace, "MetricName": "errors", "Statistic": "Sum", "Period": 10,
        "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", **more,
    }


def state_of(cloudwatch, name):
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def test_what_is_put_comes_back_as_statistics(cloudwatch):
    namespace = unique("Loop")
    dimensions = [{"Name": "Model", "Value": "churn/é"}]
    put(cloudwatch, namespace, Values=[0.5, 0.7], Counts=[1, 3], Unit="None", Dimensions=dimensions)
    put(cloudwatch, namespace, Value=0.9, Unit="None", Dimensions=dimensions)
    asked = {"Namespace": namespace, "MetricName": "auc", "Dimensions": dimensions}
    everything = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    answer = cloudwatch.get_metric_statistics(
        **asked, **around_now(), Period=3600, Statistics=everything, ExtendedStatistics=["p50"]
    )
    total = answer["Datapoints"]
    assert answer["Label"] == "auc" and sum(one["SampleCount"] for one in total) == 5
    assert sum(one["Sum"] for one in total) == pytest.approx(3.5)
    assert min(one["Minimum"] for one in total) == 0.5 and max(one["Maximum"] for one in total) == 0.9
    assert total[0]["ExtendedStatistics"]["p50"] == 0.7 and total[0]["Unit"] == "None"
    query = {"Id": "q", "MetricStat": {"Metric": asked, "Period": 3600, "Stat": "Maximum"}}
    [result] = cloudwatch.get_metric_data(MetricDataQueries=[query], **around_now())["MetricDataResults"]
    assert (result["Id"], result["StatusCode"], max(result["Values"])) == ("q", "Complete", 0.9)
    assert result["Timestamps"][0].tzinfo
    listed = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Model"}], RecentlyActive="PT3H")["Metrics"]
    assert listed == [asked]
    assert cloudwatch.list_metrics(Namespace=namespace, MetricName="loss")["Metrics"] == []


def test_refusals_have_aws_codes(cloudwatch):
    with refused("InvalidParameterValue", "AWS/"):
        put(cloudwatch, "AWS/States", Value=1)
    with refused("InvalidParameterCombination", "Value"):
        put(cloudwatch, "Loop")
    with refused("InvalidParameterValue", "two weeks"):
        put(cloudwatch, "Loop", Value=1, Timestamp=datetime(2020, 1, 1, tzinfo=timezone.utc))
    with refused("ValidationError", "metric math"):
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "e", "Expression": "1 + 1"}], **around_now())
    with refused("ValidationError", "Statistic"):
        cloudwatch.put_metric_alarm(**alarm_on("Loop") | {"ExtendedStatistic": "p90"})
    with refused("ValidationError", "neither"):
        cloudwatch.put_metric_alarm(**alarm_on("Loop", AlarmActions=["arn:aws:automate:us-east-1:ec2:stop"]))
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="x")


def test_an_alarm_fires_tells_and_recovers(server, client, cloudwatch):
    namespace, sns, sqs, events = unique("Loop"), client("sns"), client("sqs"), client("events")
    queue = sqs.create_queue(QueueName=unique("told"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=unique("alarms"))["TopicArn"]
    rule = unique("rule")
    rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.cloudwatch"]}))["RuleArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue_arn}])
    allow = {"Effect": "Allow", "Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]},
             "Action": "sqs:SendMessage", "Resource": queue_arn, "Condition": {"ArnLike": {"aws:SourceArn": [topic, rule_arn]}}}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    wish = alarm_on(namespace, AlarmActions=[topic], TreatMissingData="notBreaching", AlarmDescription="too many")
    name = wish["AlarmName"]
    cloudwatch.put_metric_alarm(**wish)
    eventually(lambda: state_of(cloudwatch, name)["StateValue"] == "OK", "the alarm is OK", seconds=20)
    put(cloudwatch, namespace, "errors", Value=3, StorageResolution=1)
    eventually(lambda: state_of(cloudwatch, name)["StateValue"] == "ALARM", "the alarm is ALARM", seconds=30)
    alarm = state_of(cloudwatch, name)
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [3.0 (")
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [3.0]
    told = {}

    def both():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            body = json.loads(message["Body"])
            if "TopicArn" in body:
                told["sns"] = body
            elif body["detail"]["state"]["value"] == "ALARM" and body["detail"]["alarmName"] == name:
                told["event"] = body
        return len(told) == 2

    eventually(both, "notification and event", seconds=30)
    assert told["sns"]["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    message = json.loads(told["sns"]["Message"])
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["Trigger"]["MetricName"] == "errors" and message["AlarmDescription"] == "too many"
    event = told["event"]
    assert event["detail-type"] == "CloudWatch Alarm State Change" and event["resources"] == [alarm["AlarmArn"]]
    assert event["detail"]["previousState"]["value"] == "OK"
    # Ten seconds and two periods later there is nothing left that breaches.
    eventually(lambda: state_of(cloudwatch, name)["StateValue"] == "OK", "the alarm is OK", seconds=60)
    items = cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    summaries = [item["HistorySummary"] for item in items]
    assert summaries[0] == "Alarm updated from ALARM to OK" and f'Alarm "{name}" created' in summaries
    assert f"Successfully executed action {topic}" in summaries


def test_alarms_are_kept_changed_and_removed(cloudwatch):
    namespace = unique("Loop")
    wish = alarm_on(namespace, Period=300, Tags=[{"Key": "team", "Value": "ml"}])
    name = wish["AlarmName"]
    cloudwatch.put_metric_alarm(**wish)
    alarm = state_of(cloudwatch, name)
    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert {key: alarm[key] for key in wish if key != "Tags"} == {key: wish[key] for key in wish if key != "Tags"}
    assert alarm["StateValue"] == "INSUFFICIENT_DATA" and alarm["ActionsEnabled"] is True
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == wish["Tags"]
    cloudwatch.tag_resource(ResourceARN=alarm["AlarmArn"], Tags=[{"Key": "a", "Value": "b"}])
    cloudwatch.untag_resource(ResourceARN=alarm["AlarmArn"], TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    assert state_of(cloudwatch, name)["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=[name])
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    alarm = state_of(cloudwatch, name)
    assert (alarm["StateValue"], alarm["StateReason"], alarm["ActionsEnabled"]) == ("ALARM", "a drill", True)
    found = cloudwatch.describe_alarms_for_metric(MetricName="errors", Namespace=namespace)["MetricAlarms"]
    assert [one["AlarmName"] for one in found] == [name]
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=name[:6], PaginationConfig={"PageSize": 1})
    assert name in [one["AlarmName"] for page in pages for one in page["MetricAlarms"]]
    cloudwatch.delete_alarms(AlarmNames=[name])
    cloudwatch.delete_alarms(AlarmNames=[name])
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.delete_alarms(AlarmNames=[name, "other"])
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_dashboards_are_stored(cloudwatch):
    name = unique("board")
    body = json.dumps({"widgets": []})
    assert cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)["DashboardValidationMessages"] == []
    assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == body
    [entry] = cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
    assert entry["Size"] == len(body)
    with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError):
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody="[")
    cloudwatch.delete_dashboards(DashboardNames=[name])
    with refused("ResourceNotFound", name):
        cloudwatch.get_dashboard(DashboardName=name)


def test_services_count_what_they_do(server, client, cloudwatch):
    arn = machine(server, {"No": {"Type": "Fail", "Error": "E"}})
    states = client("stepfunctions")
    run = states.start_execution(stateMachineArn=arn)["executionArn"]
    eventually(lambda: states.describe_execution(executionArn=run)["status"] == "FAILED", "it fails", seconds=20)
    asked = {"Namespace": "AWS/States", "Dimensions": [{"Name": "StateMachineArn", "Value": arn}]}

    def total(name):
        answer = cloudwatch.get_metric_statistics(**asked, **around_now(), MetricName=name, Period=3600, Statistics=["Sum"])
        return sum(point["Sum"] for point in answer["Datapoints"])

    eventually(lambda: total("ExecutionsFailed") == 1, "it is counted", seconds=10)
    assert (total("ExecutionsStarted"), total("ExecutionsSucceeded")) == (1, 0)
    names = {one["MetricName"] for one in cloudwatch.list_metrics(**asked)["Metrics"]}
    assert names == {"ExecutionsStarted", "ExecutionsFailed", "ExecutionTime"}


@pytest.mark.parametrize("protocol", ["query", "json"])
def test_older_clients_speak_other_protocols(server, protocol):
    session = server.session()
    loader = session._session.get_component("data_loader")
    model = json.loads(json.dumps(loader.load_service_model("cloudwatch", "service-2")))
    model["metadata"] |= {"protocol": protocol, "protocols": [protocol]}
    load = loader.load_service_model
    loader.load_service_model = lambda service, kind, api_version=None: (
        model if (service, kind) == ("cloudwatch", "service-2") else load(service, kind, api_version)
    )
    old = server.client_of(session, "cloudwatch")
    namespace = unique("Old")
    put(old, namespace, Value=2, Dimensions=[{"Name": "a", "Value": "b"}])
    [found] = old.list_metrics(Namespace=namespace)["Metrics"]
    assert found["Dimensions"] == [{"Name": "a", "Value": "b"}]
    answer = old.get_metric_statistics(Namespace=namespace, MetricName="auc", Dimensions=found["Dimensions"],
                                       **around_now(), Period=3600, Statistics=["Average"])
    assert [point["Average"] for point in answer["Datapoints"]] == [2.0]
    with refused("ResourceNotFound", "Unknown"):
        old.set_alarm_state(AlarmName="nobody", StateValue="OK", StateReason="x")
