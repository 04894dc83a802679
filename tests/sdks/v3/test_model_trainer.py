"""The SageMaker Python SDK v3: ModelTrainer with a script and with a command."""

from support.names import unique
from support.scripts import plain_image
from support.training import log_lines


SCRIPT = """
import json, os
rows = sum(1 for name in os.listdir(os.environ["SM_CHANNEL_TRAIN"]) for _ in open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], name)))
print("rows", rows, os.environ["SM_HP_ROUNDS"])
with open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w") as file:
    file.write(str(rows))
"""


def trainer(server, job_role, **more):
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute

    return ModelTrainer(
        training_image=plain_image(server), role=job_role, base_job_name=unique("v3"),
        compute=Compute(instance_type="ml.m5.large", instance_count=1), **more)


def test_a_script(server, job_role, data_files, tmp_path):
    from sagemaker.train.configs import InputData, SourceCode

    (tmp_path / "train.py").write_text(SCRIPT)
    made = trainer(server, job_role, source_code=SourceCode(source_dir=str(tmp_path), entry_script="train.py"), hyperparameters={"rounds": 3})
    made.train(input_data_config=[InputData(channel_name="train", data_source=str(data_files / "train.csv"))], wait=True, logs=True)
    [job] = server.client("sagemaker").list_training_jobs(NameContains=made.base_job_name)["TrainingJobSummaries"]
    assert job["TrainingJobStatus"] == "Completed"
    lines = log_lines(server, "/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert "rows 200 3" in lines


def test_a_command(server, job_role, tmp_path):
    from sagemaker.train.configs import SourceCode

    (tmp_path / "hello.sh").write_text("echo hello from $SM_CURRENT_HOST\n")
    made = trainer(server, job_role, source_code=SourceCode(source_dir=str(tmp_path), command="sh hello.sh"))
    made.train(wait=True, logs=False)
    [job] = server.client("sagemaker").list_training_jobs(NameContains=made.base_job_name)["TrainingJobSummaries"]
    assert job["TrainingJobStatus"] == "Completed"
    assert "hello from algo-1" in log_lines(server, "/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
