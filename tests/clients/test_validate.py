"""What the commands say about broken projects and definitions: file, line, column, and what to do."""

import json

import pytest

from support.server import Server

GOOD = """\
name: small
runtime: yaml
resources:
  role:
    type: aws:iam:Role
    properties:
      assumeRolePolicy:
        fn::toJSON:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Principal: {Service: states.amazonaws.com}, Action: sts:AssumeRole}]
  machine:
    type: aws:sfn:StateMachine
    properties:
      roleArn: ${role.arn}
      definition:
        fn::toJSON:
          StartAt: A
          States:
            A: {Type: Pass, Next: B}
            B: {Type: Succeed}
outputs:
  machine: ${machine.arn}
"""

# What is replaced by what in the good project; line and column (none: anywhere); words of the message.
BROKEN = {
    "yaml": ("    properties:\n      roleArn", "    properties: [\n      roleArn", None, []),
    "type": ("aws:sfn:StateMachine", "aws:sfn:StateMachin", (12, 11), ["aws:sfn:StateMachin", "StateMachine"]),
    "property": ("roleArn:", "roleArm:", (14, 7), ["roleArm", "roleArn"]),
    "missing property": ("      roleArn: ${role.arn}\n", "", None, ["roleArn"]),
    "reference": ("${role.arn}", "${rolle.arn}", (14, None), ["rolle", "role"]),
    "attribute": ("${role.arn}", "${role.arnn}", (14, None), ["arnn"]),
    "function": ("fn::toJSON:\n          StartAt", "fn::toJsn:\n          StartAt", (16, None), ["fn::toJsn", "fn::toJSON"]),
    "definition": ("Next: B}", "Next: C}", (19, None), ["MISSING_TRANSITION_TARGET", "C"]),
    "state type": ("B: {Type: Succeed}", "B: {Type: Suceed}", (20, None), ["Suceed"]),
}


def project(folder, text=GOOD):
    (folder / "Pulumi.yaml").write_text(text)
    return folder


def broken(case):
    before, after, _, _ = BROKEN[case]
    assert GOOD.count(before) == 1
    return GOOD.replace(before, after)


@pytest.fixture(scope="module")
def deployer(tmp_path_factory):
    """A server to deploy to."""
    made = Server(tmp_path_factory.mktemp("server"))
    try:
        yield made.start()
    finally:
        made.close()


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_project_is_refused_before_anything_is_done(deployer, tmp_path, case):
    _, _, place, words = BROKEN[case]
    project(tmp_path, broken(case))
    for command in ("preview", "up"):
        ran = deployer.refit(command, tmp_path)
        assert ran.returncode == 1
        assert "nothing was changed" in ran.stderr, ran.stderr
        file = str(tmp_path / "Pulumi.yaml")
        if place is None:
            assert f"{file}:" in ran.stderr, ran.stderr
        else:
            line, column = place
            assert f"{file}:{line}:{column}: error:" in ran.stderr if column else f"{file}:{line}:" in ran.stderr, ran.stderr
        for word in words:
            assert word in ran.stderr, ran.stderr
    assert deployer.client("iam").list_roles()["Roles"] == []


def test_all_errors_are_told_at_once(deployer, tmp_path):
    text = broken("property").replace("${machine.arn}", "${machin.arn}").replace("Next: B}", "Next: C}")
    text = text.replace("resources:\n", "resources:\n  news: {type: aws:sns:Topik}\n")
    ran = deployer.refit("preview", project(tmp_path, text))
    for place, word in (("4:16", "aws:sns:Topik"), ("15:7", "roleArm"), ("20:", "MISSING_TRANSITION_TARGET"), ("23:12", "machin.arn")):
        assert f"Pulumi.yaml:{place}" in ran.stderr and word in ran.stderr, ran.stderr


@pytest.mark.parametrize("case", ["definition", "state type"])
def test_validate_finds_definitions_in_projects(deployer, tmp_path, case):
    _, _, (line, _), words = BROKEN[case]
    file = project(tmp_path, broken(case)) / "Pulumi.yaml"
    ran = deployer.refit("validate", file)
    assert ran.returncode == 1
    assert f"{file}:{line}:" in ran.stdout, ran.stdout
    assert "1 definition: " in ran.stdout
    for word in words:
        assert word in ran.stdout
    found = json.loads(deployer.refit("validate", "--json", file).stdout)
    assert found["errors"] >= 1
    assert line in [one["line"] for one in found["diagnostics"]]


def test_validate_reads_json(deployer, tmp_path):
    file = tmp_path / "machine.json"
    file.write_text('{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Pass", "Next": "Nowhere"}\n  }\n}\n')
    ran = deployer.refit("validate", file)
    assert ran.returncode == 1
    assert f"{file}:4:" in ran.stdout and "MISSING_TRANSITION_TARGET" in ran.stdout and "Nowhere" in ran.stdout
    file.write_text('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    ran = deployer.refit("validate", file)
    assert (ran.returncode, ran.stdout) == (0, "1 definition: 0 errors, 0 warnings\n")


GOOD_STATE = '"States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}'

# Name of the file, its bytes, what is said: places with words; the line and its marks.
FILES = {
    "tabs": ("m.json", b'{\n\t"StartAt": "A",\n\t"States": {\t"A": {"Type": "Pass", "Next": "Nowhere"}}\n}\n',
             [(3, 44, "MISSING_TRANSITION_TARGET")], '3 |  "States": { "A": {"Type": "Pass", "Next": "Nowhere"}}\n    | ' + " " * 43 + "^" * 9),
    "wide": ("m.json", '{"StartAt": "名", "States": {"名": {"Type": "Pass", "Next": "前"}}}'.encode(),
             [(1, 59, "MISSING_TRANSITION_TARGET")], '"Next": "前"}}}\n    | ' + " " * 60 + "^^^^"),
    "CRLF": ("m.json", b'{\r\n "StartAt": "A",\r\n "States": {"A": {"Type": "Pas", "End": true}}\r\n}\r\n',
             [(3, 27, "SCHEMA_VALIDATION_FAILED")], '3 |  "States": {"A": {"Type": "Pas", "End": true}}\n    | ' + " " * 26 + "^^^^^"),
    "mark": ("m.json", b'\xef\xbb\xbf{"StartAt": "A", ' + GOOD_STATE.encode() + b"}", [(1, 1, "byte order mark")], None),
    "empty": ("m.json", b"", [(1, 1, "Definition must be a valid JSON object")], None),
    "comment": ("m.json", b'{"StartAt": "A", // first\n' + GOOD_STATE.encode() + b"}", [(1, 18, 'put it into a "Comment" field')], None),
    "all at once": ("m.json", b'{"StartAt": "X", "States": {"A": {"Type": "Pass", "Next": "Y"}, "B": {"Type": "Wait", "End": 1}}}',
                    [(1, 13, "X"), (1, 59, "Y"), (1, 70, "Seconds"), (1, 94, "Boolean")], None),
    "anchors": ("m.yaml", b"StartAt: A\nStates:\n  A: &one\n    Type: Pass\n    Next: B\n  B:\n    <<: *one\n    Next: Sea\n  C:\n    Type: Succeed\n",
                [(8, 11, "MISSING_TRANSITION_TARGET"), (9, 3, "not reachable")], "8 |     Next: Sea\n    |           ^^^"),
    "no YAML": ("m.yaml", b"StartAt: [\n", [(2, 1, "not YAML")], None),
    "empty YAML": ("m.yaml", b"", [(1, 1, "a project is a mapping")], None),
}


@pytest.mark.parametrize("case", FILES)
def test_validate_shows_the_place_in_any_file(deployer, tmp_path, case):
    name, content, said, shown = FILES[case]
    file = tmp_path / name
    file.write_bytes(content)
    ran = deployer.refit("validate", file)
    told = ran.stdout + ran.stderr
    assert ran.returncode == 1, told
    for line, column, word in said:
        place = ":".join([str(file), *(str(number) for number in (line, column) if number)])
        assert place in told and word in told, told
    if shown:
        assert shown in told, told


def test_validate_warns_of_what_is_filled_in_later(deployer, tmp_path):
    file = tmp_path / "template.asl.json"
    task = {"Type": "Task", "Resource": "${FunctionArn}", "End": True}
    file.write_text(json.dumps({"StartAt": "A", "States": {"A": task}}))
    ran = deployer.refit("validate", file)
    assert ran.returncode == 0 and "1 definition: 0 errors, 1 warning\n" in ran.stdout, ran.stdout
    assert "fill it in" in ran.stdout
    # AWS gets it as it is.
    refused = deployer.client("stepfunctions").validate_state_machine_definition(definition=file.read_text())
    assert refused["result"] == "FAIL"


def test_validate_finds_nothing_wrong_with_the_example(deployer):
    ran = deployer.refit("validate", "examples/weather/Pulumi.yaml")
    assert ran.returncode == 0, ran.stdout
    assert "1 definition: 0 errors" in ran.stdout


def test_a_good_project_goes_up_and_down(deployer, tmp_path):
    project(tmp_path)
    preview = deployer.refit("preview", tmp_path)
    assert preview.returncode == 0 and "to create" in preview.stdout, preview.stderr
    assert deployer.client("iam").list_roles()["Roles"] == []
    ran = deployer.refit("up", tmp_path)
    assert ran.returncode == 0, ran.stderr
    arn = deployer.refit("output", "-C", tmp_path, "machine").stdout.strip()
    assert json.loads(deployer.refit("output", "-C", tmp_path, "--json").stdout) == {"machine": arn}
    assert deployer.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["status"] == "ACTIVE"
    assert deployer.refit("run", "machine").returncode == 0
    changed = GOOD.replace("B: {Type: Succeed}", "B: {Type: Fail, Error: Mine, Cause: on purpose}")
    project(tmp_path, changed)
    ran = deployer.refit("up", tmp_path)
    assert ran.returncode == 0 and "1 updated" in ran.stdout, ran.stdout
    failed = deployer.refit("run", arn)
    assert failed.returncode == 1
    assert "Mine" in failed.stdout and "on purpose" in failed.stdout
    assert deployer.refit("down", tmp_path).returncode == 0
    assert deployer.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert deployer.client("iam").list_roles()["Roles"] == []
    assert deployer.refit("down", tmp_path).returncode == 0


@pytest.mark.parametrize("arguments, words", [
    (["up", "nowhere"], ["nowhere", "no Pulumi.yaml", "hint: "]),
    (["validate", "nowhere.json"], ["cannot read nowhere.json"]),
    (["output", "-C", "examples/weather"], ["has not been deployed", "hint: deploy it first: refit up"]),
    (["run", "nobody"], ["there is no state machine nobody"]),
    (["logs", "nobody"], ["there is no job nobody"]),
    (["run", "x", "--input", "{"], ["the input is not JSON"]),
])
def test_errors_name_the_thing_and_the_way_out(deployer, arguments, words):
    ran = deployer.refit(*arguments)
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: "), ran.stderr
    for word in words:
        assert word in ran.stderr, ran.stderr
    told = json.loads(deployer.refit("--json", *arguments).stderr)
    assert told["error"]


@pytest.mark.parametrize("arguments", [["teleport"], ["up", "--fast"], ["serve", "--listen", "nowhere"]])
def test_a_wrong_command_line_is_another_exit_code(deployer, arguments):
    ran = deployer.refit(*arguments)
    assert ran.returncode == 2 and "For more information, try '--help'" in ran.stderr
