"""Programs in TypeScript and JavaScript, run by their own SDK. Without Node.js there is nothing to test, and that is said."""

import json
import re
import shutil

import pytest

from support.poll import eventually
from support.pulumi import Program, counts, has, interrupted, processes_of, waits_for
from support.server import REPOSITORY, Server

# Programs live here, so that their packages are installed once.
PROJECTS = REPOSITORY / "target/pulumi-nodejs"
TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'

pytestmark = pytest.mark.skipif(not (has("node") and has("npm")), reason="NOT TESTED: there is no Node.js with npm on the PATH")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("nodejs"))
    try:
        yield server.start()
    finally:
        server.close()


class NodeProgram(Program):
    """A project in TypeScript next to the packages of the example."""

    def __init__(self, server, folder, name):
        self.server, self.folder, self.name = server, folder, name
        shutil.rmtree(folder, ignore_errors=True)
        self.write("Pulumi.yaml", f"name: {name}\nruntime: nodejs\n")
        for file in ("package.json", "tsconfig.json"):
            self.write(file, (REPOSITORY / "examples/typescript" / file).read_text())

    def source(self, text):
        self.write("index.ts", 'import * as pulumi from "@pulumi/pulumi";\nimport * as aws from "@pulumi/aws";\n' + text)


@pytest.fixture(scope="module")
def example(server):
    """The example with its packages; programs of tests below it find them too."""
    source = REPOSITORY / "examples/typescript"
    shutil.copytree(source, PROJECTS, ignore=shutil.ignore_patterns("node_modules"), dirs_exist_ok=True)
    return PROJECTS


@pytest.fixture
def make_program(server, example, request):
    made = []

    def make(source):
        name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
        program = NodeProgram(server, example / "programs" / f"{name}-{len(made)}", name)
        program.source(source)
        made.append(program)
        return program

    yield make
    for program in reversed(made):
        if (server.data / f"pulumi/.pulumi/stacks/{program.name}").exists():
            program.refit("down")


def test_the_example(server, example):
    def refit(*arguments):
        ran = server.refit(*arguments, timeout=600)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    assert "13 to create" in refit("preview", example)
    first = refit("up", example, "--yes", "--run")
    assert counts(first) == {"created": 13}
    assert "validation-rmse" in first and "decision         kept" in first
    assert counts(refit("up", example)) == {"unchanged": 13}
    assert "13 unchanged" in refit("preview", example)
    outputs = json.loads(server.refit("output", "-C", example, "--json").stdout)
    assert outputs["modelPackageGroup"] == "tomorrow-typescript"
    assert counts(refit("down", example)) == {"deleted": 13}


def test_what_the_sdk_can_do(make_program, server):
    program = make_program(f"""
class Trainer extends pulumi.ComponentResource {{
  readonly role: aws.iam.Role;
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {{
    super("my:own:Trainer", name, {{}}, opts);
    this.role = new aws.iam.Role(`${{name}}-role`, {{ assumeRolePolicy: '{TRUST}', tags: {{ Owner: "me" }} }}, {{ parent: this, ignoreChanges: ["tags"] }});
    this.registerOutputs({{ role: this.role.name }});
  }}
}}
const trainer = new Trainer("trainer");
const bucket = new aws.s3.Bucket("files", {{ forceDestroy: true }});
new aws.s3.BucketObjectv2("text", {{ bucket, key: "text", source: new pulumi.asset.StringAsset("written here") }});
const hidden = pulumi.secret("hush-hush");
const topic = new aws.sns.Topic("topic", {{ displayName: hidden }}, {{ dependsOn: trainer, customTimeouts: {{ create: "5m" }} }});
console.log("its stack is", pulumi.getStack());
void pulumi.log.warn("some warning");
export const account = aws.getCallerIdentityOutput().accountId;
export const shown = topic.displayName;
export const role = trainer.role.name;
export const document = aws.iam.getPolicyDocumentOutput({{ statements: [{{ actions: ["s3:GetObject"], resources: [bucket.arn] }}] }}).json;
""")
    sealed = {"PULUMI_CONFIG_PASSPHRASE": "for the test"}
    text = program.ok("up", **sealed)
    assert counts(text) == {"created": 4}
    assert text.count("its stack is dev") == 1 and text.count("some warning") == 1
    state = (server.data / f"pulumi/.pulumi/stacks/{program.name}/dev.json").read_text()
    assert "hush-hush" not in text + state and "[secret]" in text
    assert counts(program.ok("up", **sealed)) == {"unchanged": 4}
    outputs = json.loads(server.refit("output", "-C", program.folder, "--json", **sealed).stdout)
    assert outputs["account"] == "000000000000" and outputs["role"].startswith("trainer-role-")
    assert counts(program.ok("down", **sealed)) == {"deleted": 4}


BROKEN = {
    "exception": ('throw new Error("this is wrong");\n', ["Error: this is wrong", "index.ts"]),
    "type": ('const n: number = "text";\n', ["index.ts", "TS2322"]),
    "text of an output": ('const t = new aws.sns.Topic("t");\nnew aws.sns.Topic("u", { displayName: `for ${t.arn}` });\n',
        ["index.ts", "`displayName` holds an output that was put into a text"]),
    "unknown type": ('new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16" });\n', ["refit cannot deploy resources of type `aws:ec2/vpc:Vpc`"]),
    "rejection": ('void Promise.reject(new Error("nobody waits"));\n', ["nobody waits"]),
    "exit": ('console.error("bye");\nprocess.exit(3);\n', ["the program ended with the exit code 3", "bye"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_mistake_is_told_and_nothing_is_changed(make_program, case):
    source, words = BROKEN[case]
    errors = make_program(source).fails("up", "--no-check")
    for expected in words:
        assert expected in errors, errors
    assert "nothing was changed" in errors


def test_what_fails_half_way_is_finished_by_the_next_run(make_program, server):
    server.client("sqs").create_queue(QueueName="taken-node", Attributes={"VisibilityTimeout": "77"})
    source = """
const queue = new aws.sqs.Queue("queue", { name: "taken-node", visibilityTimeoutSeconds: 5 });
new aws.sns.Topic("after", { displayName: queue.url.apply((url) => url.slice(0, 20)) });
const topic = new aws.sns.Topic("topic");
export const url = queue.url;
"""
    program = make_program(source)
    ran = program.refit("up")
    assert ran.returncode == 1 and "queue" in ran.stderr, ran.stdout + ran.stderr
    assert counts_of_made(ran.stdout) == ["topic"], ran.stdout
    program.source(source.replace('name: "taken-node", ', ""))
    assert counts(program.ok("up")) == {"created": 2, "unchanged": 1}


def counts_of_made(text):
    """Names of the resources that were made."""
    return [line.split()[2] for line in text.splitlines() if line.startswith("  + ")]


def test_a_program_that_hangs_ends_with_refit(make_program):
    program = make_program('console.log("now it hangs");\nwhile (true) {}\n')
    process = program.begin("up")
    waits_for(program, "now it hangs")
    assert interrupted(process) == 1
    eventually(lambda: processes_of(program.folder) == [], "the program has ended")


def test_no_node(make_program):
    errors = make_program("").fails("up", PATH="/nowhere")
    assert "there is no `node` on the PATH" in errors and "hint: install Node.js" in errors


def test_no_packages(make_program, tmp_path):
    program = make_program("")
    (program.folder / "package.json").write_text('{"dependencies": {"@refit/there-is-no-such-package": "1.0.0"}}')
    errors = program.fails("up", npm_config_registry="http://127.0.0.1:9", npm_config_fetch_retries="0")
    assert "cannot install the project's packages" in errors and "hint:" in errors
