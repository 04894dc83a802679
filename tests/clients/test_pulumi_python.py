"""Programs in Python, run by their own SDK: the example end to end, what the SDK can do, and what goes wrong."""

import json
import shutil
import signal

import pytest

from support.poll import eventually
from support.pulumi import MIDDLE, NEW, OLD, Program, counts, interrupted, processes_of, share_environments, waits_for
from support.server import REPOSITORY, Server

TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
ROLE = f"role = aws.iam.Role('role', assume_role_policy='{TRUST}')\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose environments are kept between runs."""
    server = Server(tmp_path_factory.mktemp("python"))
    try:
        share_environments(server)
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def make_program(server, tmp_path, request):
    """Makes programs; what they deployed goes at the end."""
    made = []

    def make(source, requirements=NEW, name=None):
        number = len(made)
        name = name or f"{request.node.name.partition('[')[0].replace('_', '-')}-{number}"
        program = Program(server, tmp_path / str(number), name, requirements)
        program.source(source)
        made.append(program)
        return program

    yield make
    for program in reversed(made):
        if (server.data / f"pulumi/.pulumi/stacks/{program.name}").exists():
            program.refit("down")


def roles(server):
    """Names of the roles there are."""
    return [role["RoleName"] for role in server.client("iam").list_roles()["Roles"]]


# ---- the example


def test_the_example(server, tmp_path):
    folder = tmp_path / "example"
    shutil.copytree(REPOSITORY / "examples/python", folder)

    def refit(*arguments):
        ran = server.refit(*arguments, timeout=600)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    assert "13 to create" in refit("preview", folder)
    first = refit("up", folder, "--yes", "--run")
    assert counts(first) == {"created": 13}
    assert "validation-rmse" in first and "decision         kept" in first
    second = refit("up", folder, "--run")
    assert counts(second) == {"unchanged": 13}
    assert "decision         the last model stays" in second
    assert "13 unchanged" in refit("preview", folder)
    packages = server.client("sagemaker").list_model_packages(ModelPackageGroupName="tomorrow-python")
    assert sorted(one["ModelApprovalStatus"] for one in packages["ModelPackageSummaryList"]) == ["Approved", "Rejected"]
    assert counts(refit("down", folder)) == {"deleted": 13}


# ---- what the SDK can do


@pytest.mark.parametrize("requirements", [NEW, MIDDLE, OLD], ids=["new", "middle", "old"])
def test_up_again_changed_and_down(make_program, server, requirements):
    source = ROLE + f"""
machine = aws.sfn.StateMachine('machine', role_arn=role.arn, definition=role.arn.apply(lambda arn: json.dumps(
    {{'StartAt': 'P', 'States': {{'P': {{'Type': 'Pass', 'Result': arn, 'End': True}}}}}})))
rule = aws.cloudwatch.EventRule('rule', schedule_expression='rate(1 day)')
pulumi.export('arn', machine.arn)
"""
    program = make_program(source, requirements)
    assert "3 to create" in program.ok("preview")
    assert counts(program.ok("up")) == {"created": 3}
    assert counts(program.ok("up")) == {"unchanged": 3}
    program.source(source.replace("1 day", "2 days") + "aws.sns.Topic('topic')\n")
    changed = program.ok("up")
    assert counts(changed) == {"created": 1, "updated": 1, "unchanged": 2}
    assert "scheduleExpression: rate(1 day) => rate(2 days)" in changed
    assert counts(program.ok("down")) == {"deleted": 4}


def test_what_it_prints_is_shown_once(make_program):
    program = make_program(ROLE + """
print('hello from', pulumi.get_project())
pulumi.log.info('some information')
pulumi.log.warn('some warning')
role.arn.apply(lambda arn: print('its role', arn.rpartition('/')[2].startswith('role-')))
pulumi.export('run', f'{pulumi.get_organization()}/{pulumi.get_stack()}')
""")
    text = program.ok("up")
    for words in ("hello from what-", "some information", "warning: some warning", "its role True"):
        assert text.replace("test-", "").count(words) == 1, text
    assert "organization/dev" in text


def test_secrets_are_never_shown(make_program, server):
    secret = "correct-horse-staple"
    program = make_program("""
config = pulumi.Config()
password = config.require_secret('password')
password.apply(lambda text: print('the password is', text))
topic = aws.sns.Topic('topic', display_name=password)
pulumi.export('password', password)
pulumi.export('shown', topic.display_name)
pulumi.export('made', pulumi.Output.secret('x' + 'yz'))
""")
    program.write("Pulumi.yaml", f"name: {program.name}\nruntime: python\nconfig:\n  password: {{type: string, secret: true}}\n")
    sealed = {"PULUMI_CONFIG_PASSPHRASE": "for the test"}
    text = program.ok("up", "--config", f"password={secret}", **sealed)
    text += program.ok("preview", "--config", "password=another-one-here", **sealed)
    assert text.count("[secret]") >= 3 and "the password is [secret]" in text
    state = (server.data / f"pulumi/.pulumi/stacks/{program.name}/dev.json").read_text()
    for hidden in (secret, "another-one-here", "xyz"):
        assert hidden not in text + state
    shown = server.refit("output", "-C", program.folder, "--json", "--show-secrets", **sealed)
    assert json.loads(shown.stdout) == {"made": "xyz", "password": secret, "shown": secret}, shown.stderr
    program.ok("down", **sealed)


def test_components_aliases_and_references(make_program, server):
    other = make_program("pulumi.export('queue', 'jobs')\npulumi.export('list', [1, 2])\n", name="other-stack")
    other.ok("up")
    source = f"""
class Trainer(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__('my:own:Trainer', name, {{}}, opts)
        self.role = aws.iam.Role(f'{{name}}-role', assume_role_policy='{TRUST}', opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({{'role': self.role.name}})

trainer = Trainer('trainer')
same = aws.Provider('same', region='us-east-1')
queue = aws.sqs.Queue('queue', opts=pulumi.ResourceOptions(provider=same, depends_on=[trainer], retain_on_delete=False))
bucket = aws.s3.Bucket('bucket', force_destroy=True)
aws.s3.BucketObjectv2('object', bucket=bucket.id, key='k', content='c', opts=pulumi.ResourceOptions(deleted_with=bucket))
caller = aws.get_caller_identity()
document = aws.iam.get_policy_document(statements=[{{'actions': ['s3:GetObject'], 'resources': ['*']}}])
reference = pulumi.StackReference('organization/other-stack/dev')
pulumi.export('queue', reference.get_output('queue'))
pulumi.export('list', reference.require_output('list'))
pulumi.export('account', caller.account_id)
pulumi.export('action', json.loads(document.json)['Statement'][0]['Action'])
pulumi.export('where', aws.get_region_output().apply(lambda region: region.description))
"""
    program = make_program(source)
    assert counts(program.ok("up")) == {"created": 4}
    outputs = json.loads(server.refit("output", "-C", program.folder, "--json").stdout)
    assert outputs | {"where": ""} == {"queue": "jobs", "list": [1, 2], "account": "000000000000", "action": "s3:GetObject", "where": ""}
    renamed = source.replace("super().__init__('my:own:Trainer', name, {}, opts)",
        "super().__init__('my:own:Teacher', name, {}, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[pulumi.Alias(type_='my:own:Trainer')])))")
    assert renamed != source
    program.source(renamed.replace("'queue', opts", "'jobs', opts").replace("retain_on_delete=False", "aliases=[pulumi.Alias(name='queue')]"))
    text = program.ok("up")
    assert "deleted" not in counts(text) and "created" not in counts(text), text
    read = make_program(f"role = aws.iam.Role.get('known', '{next(one for one in roles(server) if one.startswith('trainer'))}')\npulumi.export('arn', role.arn)\n")
    assert counts(read.ok("up")) == {"read": 1}
    assert counts(program.ok("down")) == {"deleted": 3, "forgotten": 1}


def test_assets_and_archives(make_program, server):
    program = make_program("""
bucket = aws.s3.Bucket('files', force_destroy=True)
for name, asset in {'text': pulumi.StringAsset('written here'), 'file': pulumi.FileAsset('given.txt')}.items():
    aws.s3.BucketObjectv2(name, bucket=bucket.id, key=name, source=asset)
pulumi.export('bucket', bucket.bucket)
""")
    program.write("given.txt", "from a file")
    text = program.ok("up")
    bucket = text.split(" bucket ")[-1].split()[0]
    bodies = [server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() for key in ("text", "file")]
    assert bodies == [b"written here", b"from a file"]
    program.write("given.txt", "another text")
    assert counts(program.ok("up")) == {"updated": 1, "unchanged": 2}


# ---- what goes wrong


BROKEN = {
    "exception": (ROLE + "def inner():\n    raise ValueError('this is wrong')\ninner()\n", ["Traceback", "inner()", "ValueError: this is wrong"]),
    "in apply": (ROLE + "role.arn.apply(lambda arn: arn.nothing)\n", ["Traceback", "'str' object has no attribute 'nothing'"]),
    "syntax": ("def broken(:\n", ["__main__.py", "line 4", "SyntaxError"]),
    "run error": ("raise pulumi.RunError('give me a region')\n", ["error: give me a region"]),
    "exit": ("import sys\nprint('bye', file=sys.stderr)\nos._exit(3)\n", ["the program ended with the exit code 3", "bye"]),
    "killed": ("os.kill(os.getpid(), 9)\n", ["the program was ended by the signal SIGKILL"]),
    "text of an output": (ROLE + "aws.sns.Topic('t', display_name=f'for {role.arn}')\n",
        ["__main__.py:5:", "`displayName` holds an output that was put into a text", "hint:"]),
    "definition": (ROLE + "aws.sfn.StateMachine('m', role_arn=role.arn,\n    definition=role.arn.apply(lambda arn: '{\"StartAt\": \"A\"}'))\n",
        ["__main__.py:6:5: error:", "States"]),
    "duplicate": (ROLE + ROLE, ["Duplicate resource URN"]),
    "unknown type": ("aws.ec2.Vpc('vpc', cidr_block='10.0.0.0/16')\n", ["__main__.py:4:", "refit cannot deploy resources of type `aws:ec2/vpc:Vpc`"]),
    "missing file": ("aws.s3.BucketObjectv2('o', bucket='b', source=pulumi.FileAsset('no.txt'))\n", ["`source` names no file", "no.txt"]),
    "missing configuration": ("pulumi.Config().require('size')\n", ["Missing required configuration variable", "size"]),
    "missing stack": ("pulumi.StackReference('organization/none/dev')\n", ["the stack `organization/none/dev` has not been deployed"]),
    "transforms": ("pulumi.runtime.register_resource_transform(lambda args: None)\n" + ROLE, ["does not support", "transforms", "refit stands in for the Pulumi CLI"]),
    "dynamic": ("from pulumi.dynamic import *\nclass P(ResourceProvider): pass\nclass R(Resource): pass\nR(P(), 'r', {})\n", ["is a dynamic resource"]),
    "data source": ("aws.ec2.get_vpc(default=True)\n", ["refit has no data source `aws:ec2/getVpc:getVpc`"]),
    "another package": ("import no_such_package\n", ["No module named 'no_such_package'"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_mistake_is_told_and_nothing_is_changed(make_program, server, case):
    source, words = BROKEN[case]
    before = roles(server)
    program = make_program(source, name=f"broken-{case.replace(' ', '-')}")
    errors = program.fails("up", "--no-check")
    for expected in words:
        assert expected in errors, errors
    assert "nothing was changed" in errors
    assert "Resource monitor has terminated" not in errors and "run_in_stack" not in errors, errors
    assert roles(server) == before


@pytest.mark.parametrize("requirements", [NEW, OLD], ids=["new", "old"])
def test_what_fails_half_way_is_finished_by_the_next_run(make_program, server, requirements):
    taken = f"taken-{'new' if requirements == NEW else 'old'}"
    server.client("sqs").create_queue(QueueName=taken, Attributes={"VisibilityTimeout": "77"})
    source = ROLE + f"""
queue = aws.sqs.Queue('queue', name='{taken}', visibility_timeout_seconds=5)
aws.sns.Topic('after', display_name=queue.url.apply(lambda url: url[:20]))
topic = aws.sns.Topic('topic')
pulumi.export('url', queue.url)
pulumi.export('topic', topic.name)
"""
    program = make_program(source, requirements)
    ran = program.refit("up")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "queue" in ran.stderr and "Resource monitor has terminated" not in ran.stdout + ran.stderr
    program.source(source.replace(f"name='{taken}', ", ""))
    text = program.ok("up")
    assert counts(text).get("created", 0) >= 2 and "unchanged" in counts(text), text
    assert counts(program.ok("down")) == {"deleted": 4}


HANGING = ROLE + "print('now it hangs')\ntime.sleep(600)\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_program_that_hangs_ends_with_refit(make_program, how):
    program = make_program(HANGING)
    process = program.begin("up")
    waits_for(program, "now it hangs")
    code = interrupted(process, how)
    if how == signal.SIGINT:
        assert code == 1 and "stopped before everything was done" in program.log(), program.log()
    eventually(lambda: processes_of(program.folder) == [], "the program has ended")


def test_ctrl_c_in_the_middle_of_an_update(make_program, server):
    program = make_program(ROLE + "if not pulumi.runtime.is_dry_run():\n    role.arn.apply(lambda arn: (print('made'), time.sleep(600)))\n")
    process = program.begin("up")
    waits_for(program, "made")
    assert interrupted(process) == 1
    assert processes_of(program.folder) == []
    program.source(ROLE)
    assert counts(program.ok("up")) == {"unchanged": 1}


def test_an_environment_that_cannot_be_made(make_program):
    program = make_program("", requirements="no-such-package-of-refit==1.0\n")
    errors = program.fails("up", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")
    assert "error: cannot install requirements.txt" in errors and "no-such-package-of-refit" in errors and "hint:" in errors
    assert "nothing was changed" in errors


def test_no_python(make_program):
    errors = make_program("").fails("up", PATH="/nowhere")
    assert "there is no `python3` on the PATH" in errors and "hint: install Python" in errors
