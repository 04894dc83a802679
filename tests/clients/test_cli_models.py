"""refit models: champions and challengers by hand."""

import json

from support.names import unique


def test_promote_and_rollback(server):
    sagemaker = server.client("sagemaker")
    group = unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    for rmse in ("0.5", "0.4"):
        sagemaker.create_model_package(ModelPackageGroupName=group, CustomerMetadataProperties={"rmse": rmse})

    def models(*words):
        done = server.refit("models", *words)
        return done.returncode, done.stdout + done.stderr

    assert models("promote", group, "1", "--note", "first") == (0, f"{group}: champion is v1\n")
    assert models("promote", group, "2")[0] == 0
    code, text = models("promote", group, "1")
    assert code == 1 and "version 2 is approved and newer" in text
    code, text = models("ls", group)
    assert text.splitlines()[0].startswith("* v2") and "rmse=0.4" in text and "first" in text
    assert json.loads(models("show", group)[1])["ModelPackageVersion"] == 2
    assert models("rollback", group, "--note", "worse") == (0, f"{group}: champion is v1\n")
    assert f"{group}  2 versions, champion v1" in models("ls")[1]
    assert models("rollback", group) == (0, f"{group}: no champion\n")
    assert models("rollback", group)[0] == 1
