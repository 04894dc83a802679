"""`refit stack`, `config`, `refresh` and the options of `up`, as users of Pulumi type them."""

import json
import os
import signal
import subprocess

import pytest

from support.poll import eventually
from support.server import Server, binary, environment

PROGRAM = """
name: shop
runtime: yaml
config: { colour: { type: string, default: red } }
resources:
  west: { type: "pulumi:providers:aws", properties: { region: us-west-2, defaultTags: { tags: { team: ml } } } }
  data: { type: "aws:s3:Bucket" }
  list: { type: "aws:s3:BucketObjectv2", properties: { bucket: "${data.id}", content: "${colour}" } }
  news: { type: "aws:sns:Topic", options: { provider: "${west}" } }
  role:
    type: aws:iam:Role
    properties:
      description: first
      assumeRolePolicy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: states.amazonaws.com } } }
outputs: { bucket: "${data.id}", topic: "${news.arn}", role: "${role.name}" }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("stacks"))
    try:
        yield one.start()
    finally:
        one.close()


@pytest.fixture
def project(server, tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(PROGRAM)
    yield tmp_path
    server.refit("down", tmp_path, PULUMI_CONFIG_PASSPHRASE="correct horse")
    server.refit("stack", "rm", "dev", "--force", "-C", tmp_path, PULUMI_CONFIG_PASSPHRASE="correct horse")


def good(ran):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def bad(ran):
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stderr


def test_out_and_in_again(server, project, tmp_path):
    good(server.refit("up", "-C", project, "-y", "-m", "the first"))
    [stack] = json.loads(good(server.refit("stack", "ls", "--json", "-C", project)))
    assert (stack["name"], stack["current"]) == ("dev", True)
    exported = json.loads(good(server.refit("stack", "export", "-C", project)))
    assert exported["version"] == 3
    resources = exported["deployment"]["resources"]
    assert len(resources) == stack["resourceCount"] == 7
    assert resources[0]["type"] == "pulumi:pulumi:Stack"
    seen = set()
    for one in resources:
        provider = one.get("provider", "").rpartition("::")[0]
        assert seen >= {*one.get("dependencies", []), *filter(None, [one.get("parent"), provider])}
        seen.add(one["urn"])
    file = tmp_path / "export.json"
    good(server.refit("stack", "export", "-C", project, "--file", file))
    assert file.stat().st_mode & 0o077 == 0
    assert "7 records" in good(server.refit("stack", "import", "-C", project, "--file", file))
    good(server.refit("preview", project, "--expect-no-changes"))
    history = json.loads(good(server.refit("stack", "history", "-C", project, "--json")))
    assert history[0]["message"] == "the first" and history[0]["resourceChanges"]["create"] == 4


def test_regions_and_tags_of_providers(server, project):
    good(server.refit("up", project))
    outputs = json.loads(good(server.refit("stack", "output", "-C", project, "--json")))
    assert outputs["topic"].split(":")[3] == "us-west-2"
    west = server.session().client("sns", endpoint_url=server.url, region_name="us-west-2")
    assert west.list_tags_for_resource(ResourceArn=outputs["topic"])["Tags"] == [{"Key": "team", "Value": "ml"}]
    assert outputs["topic"] not in str(server.client("sns").list_topics())


def test_changed_elsewhere(server, project):
    good(server.refit("up", project))
    role = good(server.refit("stack", "output", "role", "-C", project)).strip()
    server.client("iam").update_role(RoleName=role, Description="second")
    bucket = good(server.refit("output", "bucket", "-C", project)).strip()
    server.client("s3").delete_object(Bucket=bucket, Key="list")
    text = good(server.refit("refresh", project, "--preview-only"))
    assert "1 changed elsewhere" in text and "1 gone" in text
    assert "second" in text
    good(server.refit("refresh", project))
    summary = json.loads(good(server.refit("up", project, "--json")))
    assert (summary["changes"]["update"], summary["changes"]["create"]) == (1, 1)
    assert server.client("iam").get_role(RoleName=role)["Role"]["Description"] == "first"
    # In one go.
    server.client("s3").delete_object(Bucket=bucket, Key="list")
    assert json.loads(good(server.refit("up", project, "-r", "--json")))["changes"]["create"] == 1


def test_targets(server, project):
    good(server.refit("up", project, "--target", "**::role"))
    names = [one["name"] for one in json.loads(good(server.refit("stack", "-C", project, "--json")))["resources"]]
    assert names == ["role"]
    assert "depends on" in bad(server.refit("up", project, "--target", "**::list"))
    good(server.refit("up", project))
    urn = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::data"
    assert "--target-dependents" in bad(server.refit("down", project, "--target", urn))
    good(server.refit("down", project, "--target", urn, "--target-dependents"))
    names = [one["name"] for one in json.loads(good(server.refit("stack", "-C", project, "--json")))["resources"]]
    assert sorted(names) == ["news", "role"]
    assert "replaced" in good(server.refit("up", project, "--replace", "**::role"))
    assert "no changes were expected" not in good(server.refit("preview", project, "--expect-no-changes"))


def test_stacks_side_by_side(server, project):
    good(server.refit("stack", "init", "prod", "-C", project))
    good(server.refit("up", project))
    assert (good(server.refit("stack", "-C", project))).startswith("stack    shop-prod")
    good(server.refit("stack", "select", "dev", "--create", "-C", project))
    listed = json.loads(good(server.refit("stack", "ls", "--json", "-C", project)))
    assert {one["name"]: one["current"] for one in listed} == {"dev": True, "prod": False}
    assert "has no stack" in bad(server.refit("stack", "select", "nothing", "-C", project))
    assert "still has 4 resources" in bad(server.refit("stack", "rm", "prod", "-C", project))
    good(server.refit("stack", "rename", "live", "-s", "prod", "-C", project))
    good(server.refit("preview", project, "-s", "live", "--expect-no-changes"))
    good(server.refit("down", project, "-s", "live", "--remove"))
    assert "live" not in good(server.refit("stack", "ls", "-C", project))


def test_configuration(server, project):
    def config(*arguments, **environ):
        return server.refit("config", *arguments, "-C", project, **environ)

    secret = {"PULUMI_CONFIG_PASSPHRASE": "correct horse"}
    good(config("set", "colour", "blue"))
    good(config("set", "aws:region", "us-east-1"))
    assert "there is no passphrase" in bad(config("set", "--secret", "colour", "x"))
    file = project / "Pulumi.dev.yaml"
    assert file.read_text() == "config:\n  shop:colour: blue\n  aws:region: us-east-1\n"
    good(server.refit("up", project))
    bucket = good(server.refit("output", "bucket", "-C", project)).strip()
    body = server.client("s3").get_object(Bucket=bucket, Key="list")["Body"].read()
    assert body == b"blue"
    good(config("set", "--secret", "colour", "green", **secret))
    assert "green" not in file.read_text() and "encryptionsalt: v1:" in file.read_text()
    assert json.loads(good(config("--json")))["shop:colour"] == {"secret": True}
    assert good(config("get", "colour", **secret)) == "green\n"
    assert "wrong" in bad(config("get", "colour", PULUMI_CONFIG_PASSPHRASE="no"))
    good(server.refit("up", project, **secret))
    assert "green" not in good(server.refit("stack", "export", "-C", project))
    shown = good(server.refit("stack", "export", "--show-secrets", "-C", project, **secret))
    assert '"plaintext": "\\"green\\""' in shown
    good(config("rm", "colour"))
    assert "no configuration value" in bad(config("rm", "colour"))


def test_what_is_not_there_is_told_with_its_place(server, project):
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: yaml\nresources:\n  t: { type: aws:dynamodb:Table }\n  q: { type: aws:sqs:Quue }\n")
    text = bad(server.refit("preview", project))
    assert "Pulumi.yaml:4:14" in text and "aws:dynamodb:Table" in text
    assert "did you mean `aws:sqs:Queue`?" in text


# ---- killed and stopped half-way


MANY = "name: many\nruntime: yaml\nresources:\n" + "".join(
    f"  b{n}: {{ type: aws:s3:Bucket }}\n  t{n}: {{ type: aws:sns:Topic }}\n" for n in range(60)
)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_half_way_is_gone_on_with(server, tmp_path, how):
    (tmp_path / "Pulumi.yaml").write_text(MANY)
    command = [binary(), "up", tmp_path, "--data", server.data, "-p", "4"]
    made = lambda: len(server.client("s3").list_buckets()["Buckets"])
    before = made()
    for _ in range(10):
        run = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(server.home)
        )
        eventually(lambda: made() > before + 5 or run.poll() is not None, "something is made")
        run.send_signal(how)
        if run.wait(60) != 0:
            break
        # It was done before it heard: once more.
        good(server.refit("down", tmp_path))
    else:
        pytest.fail("no run could be ended half way")
    good(server.refit("up", tmp_path))
    assert made() - before == 60
    good(server.refit("preview", tmp_path, "--expect-no-changes"))
    good(server.refit("down", tmp_path))
    assert made() == before
    assert "pending_operations" not in json.loads(good(server.refit("stack", "export", "-C", tmp_path)))["deployment"]
