"""`refit init`: each template in each language is written, found good, deployed, run twice, found unchanged, and taken away."""

import json
import re
import shutil

import pytest

from support.pulumi import counts, has, share_environments
from support.server import REPOSITORY, Server

# Packages of Node.js programs stay here, so that they are installed once.
PROJECTS = REPOSITORY / "target/pulumi-init"
NEEDS_NODE = pytest.mark.skipif(
    not (has("node") and has("npm")), reason="NOT TESTED: there is no Node.js with npm on the PATH"
)
LANGUAGES = ["yaml", "python", pytest.param("typescript", marks=NEEDS_NODE)]
# How many resources a template has, and what its first and second run say.
TEMPLATES = {
    "minimal": (6, ['hello            world'], ['hello            world']),
    "retraining": (14, ["validation-rmse", "decision         kept"], ["decision         the model stays"]),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose environments are kept between runs."""
    server = Server(tmp_path_factory.mktemp("init"))
    try:
        share_environments(server)
        yield server.start()
    finally:
        server.close()


def good(ran):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def emptied(folder):
    """The folder with nothing in it but installed packages."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in folder.iterdir():
        if entry.name not in ("node_modules", "package-lock.json"):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    return folder


def there(server):
    """Everything that a stack of a template makes."""
    of = server.client
    return {
        "buckets": [one["Name"] for one in of("s3").list_buckets()["Buckets"]],
        "topics": of("sns").list_topics()["Topics"],
        "roles": [one["RoleName"] for one in of("iam").list_roles()["Roles"]],
        "machines": [one["name"] for one in of("stepfunctions").list_state_machines()["stateMachines"]],
        "rules": [one["Name"] for one in of("events").list_rules()["Rules"]],
        "models": of("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"],
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template(server, template, language):
    resources, first, second = TEMPLATES[template]
    folder = emptied(PROJECTS / f"{template}-{language}")
    before = there(server)
    wrote = good(server.refit("init", folder, "--template", template, "--language", language))
    assert f"refit up {folder} --run" in wrote
    checked = json.loads(good(server.refit("check", folder, "--json")))
    assert [one for one in checked["findings"] if one["severity"] != "note"] == []

    def up():
        return good(server.refit("up", folder, "--yes", "--run", timeout=900))

    text = up()
    assert counts(text) == {"created": resources}
    assert all(words in text for words in first), text
    assert "succeeded in" in text, text
    assert "next     " in text, text
    text = up()
    assert counts(text) == {"unchanged": resources}
    assert all(words in text for words in second), text
    good(server.refit("preview", folder, "--expect-no-changes", timeout=300))
    assert counts(good(server.refit("down", folder, "--yes", timeout=300))) == {"deleted": resources}
    assert there(server) == before


def test_nothing_is_written_over(server, tmp_path):
    good(server.refit("init", tmp_path / "mine"))
    (tmp_path / "mine/Pulumi.yaml").write_text("mine")
    ran = server.refit("init", tmp_path / "mine")
    assert ran.returncode == 1 and "is there already" in ran.stderr and "nothing was written" in ran.stderr, ran
    assert (tmp_path / "mine/Pulumi.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["Weather", "a b", "-x", "a" * 27, ""])
def test_names_that_are_none(server, tmp_path, name):
    ran = server.refit("init", tmp_path / "named", f"--name={name}")
    assert ran.returncode == 1 and "is no name for a project" in ran.stderr, ran
    assert not (tmp_path / "named").exists()


def test_the_name_is_the_folder_s(server, tmp_path):
    good(server.refit("init", tmp_path / "My Models 2"))
    [name] = re.findall(r"^name: (.*)$", (tmp_path / "My Models 2/Pulumi.yaml").read_text(), re.MULTILINE)
    assert name == "my-models-2"
