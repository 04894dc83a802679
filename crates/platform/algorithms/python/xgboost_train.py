"""SageMaker's XGBoost training over the xgboost package: /opt/ml/input in, /opt/ml/model/xgboost-model out.

The same contract as refit's own booster has: hyperparameters as texts, the channels train and validation, the metrics of
each round on standard output, the reason of a failure in /opt/ml/output/failure. The model is XGBoost's JSON.
"""

import json
import os
import shutil
import struct
import sys

ROOT = os.environ.get("REFIT_OPT_ML", "/opt/ml")
# Not XGBoost's own: the container's, the platform's.
OURS = {"num_round", "early_stopping_rounds", "csv_weights", "eval_metric", "_tuning_objective_metric",
        "save_model_on_termination", "_kfold", "_num_cv_round"}
ALIASES = {"reg:linear": "reg:squarederror"}


class ClientError(Exception):
    """What the user can mend."""


def config(name):
    path = os.path.join(ROOT, "input/config", name)
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        return json.load(file)


def files_of(folder):
    """The data files of a channel in order; hidden ones and deep ones are not data."""
    found = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        found += [os.path.join(base, name) for name in names if not name.startswith((".", "_"))]
    if not found:
        raise ClientError(f"there is no data in {folder}")
    return sorted(found)


def varint(data, at):
    """A protobuf number and where the next thing is."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """Number and content of each member of a protobuf message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif kind == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise ClientError("a record is not a protobuf message")
        yield key >> 3, value


def tensor(value):
    """The numbers of a value: 32 or 64 bit floats or 32 bit whole numbers; sparse ones by their keys."""
    for kind, content in fields(value):
        keys, numbers, width = [], [], 0
        for number, part in fields(content):
            if number == 1 and kind in (2, 3):
                form = "f" if kind == 2 else "d"
                numbers += struct.unpack(f"<{len(part) // (4 if kind == 2 else 8)}{form}", part)
            elif number == 1 or number == 2:
                at, into = 0, numbers if number == 1 else keys
                if isinstance(part, int):
                    into.append(part)
                    continue
                while at < len(part):
                    value, at = varint(part, at)
                    into.append(value)
            elif number == 3:
                width = varint(part, 0)[0] if not isinstance(part, int) else part
        if keys:
            row = [float("nan")] * max(width, max(keys) + 1)
            for key, one in zip(keys, numbers):
                row[key] = one
            return row
        return list(numbers)
    return []


def recordio(path):
    """Rows and labels of a recordio-protobuf file."""
    rows, labels = [], []
    with open(path, "rb") as file:
        while head := file.read(8):
            magic, size = struct.unpack("<II", head)
            if magic != 0xCED7230A:
                raise ClientError(f"{path} is not recordio-protobuf")
            size &= (1 << 29) - 1
            record = file.read(size)
            file.read(-size % 4)
            row, label = [], []
            for number, entry in fields(record):
                value = next((part for key, part in fields(entry) if key == 2), b"")
                if number == 1:
                    row = tensor(value)
                elif number == 2:
                    label = tensor(value)
            rows.append(row)
            labels.append(label[0] if label else float("nan"))
    return rows, labels


def load(name, content_type, weighted):
    """The matrix of a channel."""
    import numpy
    import xgboost
    files = files_of(os.path.join(ROOT, "input/data", name))
    kind = (content_type or "text/libsvm").split(";")[0].strip().lower()
    if kind in ("text/csv", "csv"):
        import pandas
        try:
            parts = [pandas.read_csv(file, header=None, sep=None, engine="python", dtype="float32") for file in files]
        except (ValueError, pandas.errors.ParserError) as error:
            raise ClientError(f"channel {name}: {error}; CSV has the label first, numbers only and no header line") from error
        values = numpy.concatenate([part.to_numpy() for part in parts])
    elif kind in ("application/x-parquet", "parquet"):
        import pandas
        values = numpy.concatenate([pandas.read_parquet(file).to_numpy(dtype="float32") for file in files])
    elif kind in ("application/x-recordio-protobuf", "recordio-protobuf"):
        rows, labels = [], []
        for file in files:
            more = recordio(file)
            rows, labels = rows + more[0], labels + more[1]
        width = max(map(len, rows), default=0)
        rows = [row + [float("nan")] * (width - len(row)) for row in rows]
        values = numpy.column_stack([numpy.array(labels, "float32"), numpy.array(rows, "float32")])
    elif kind in ("text/libsvm", "text/x-libsvm", "libsvm"):
        rows, labels = [], []
        for file in files:
            with open(file) as lines:
                for number, line in enumerate(lines, 1):
                    words = line.split("#")[0].split()
                    if not words:
                        continue
                    try:
                        labels.append(float(words[0]))
                        rows.append({int(a): float(b) for a, b in (word.split(":") for word in words[1:] if not word.startswith("qid"))})
                    except ValueError as error:
                        raise ClientError(f"channel {name}: {file}, line {number} is not libsvm: {error}") from error
        width = max((max(row, default=-1) + 1 for row in rows), default=0)
        values = numpy.full((len(rows), width + 1), numpy.nan, "float32")
        values[:, 0] = labels
        for index, row in enumerate(rows):
            for column, value in row.items():
                values[index, column + 1] = value
    else:
        raise ClientError(f"channel {name}: ContentType {content_type!r} is not known")
    labels, features, weights = values[:, 0], values[:, 1:], None
    if weighted and kind in ("text/csv", "csv"):
        weights, features = features[:, 0], features[:, 1:]
    if not numpy.isfinite(labels).all():
        raise ClientError(f"channel {name}: a label is not a finite number")
    print(f"channel {name}: {features.shape[0]} rows, {features.shape[1]} features", flush=True)
    return xgboost.DMatrix(features, label=labels, weight=weights, missing=numpy.nan)


def number(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def train():
    import xgboost
    given = config("hyperparameters.json")
    for name in ("_kfold", "_num_cv_round"):
        if name in given:
            raise ClientError(f"Hyperparameter {name}: cross validation is not supported")
    if "num_round" not in given:
        raise ClientError("Missing hyperparameter: num_round")
    parameters = {name: number(value) for name, value in given.items() if name not in OURS and not name.startswith("sagemaker_")}
    parameters["objective"] = ALIASES.get(parameters.get("objective"), parameters.get("objective", "reg:squarederror"))
    parameters.setdefault("seed", 0)
    parameters.setdefault("nthread", int(os.environ.get("SM_NUM_CPUS", "0")) or None)
    metrics = [name.strip() for name in given.get("eval_metric", "").split(",") if name.strip()]
    if metrics:
        parameters["eval_metric"] = metrics
    channels = config("inputdataconfig.json")
    weighted = given.get("csv_weights") == "1"
    sets = []
    for name in ("train", "validation"):
        if name in channels:
            sets.append((load(name, channels[name].get("ContentType"), weighted), name))
        elif name == "train":
            raise ClientError("Missing channel: train")
    early = int(given["early_stopping_rounds"]) if "early_stopping_rounds" in given and len(sets) > 1 else None

    class Lines(xgboost.callback.TrainingCallback):
        def after_iteration(self, model, epoch, evals_log):
            shown = [f"{data}-{metric}:{values[-1]:.5f}" for data, by in evals_log.items() for metric, values in by.items()]
            print("\t".join([f"[{epoch}]", *shown]), flush=True)
            return False

    callbacks = [Lines()]
    if early:
        callbacks.append(xgboost.callback.EarlyStopping(early, data_name="validation", save_best=True))
    model = xgboost.train(parameters, sets[0][0], int(float(given["num_round"])), evals=sets, verbose_eval=False, callbacks=callbacks)
    folder = os.path.join(ROOT, "model")
    os.makedirs(folder, exist_ok=True)
    model.save_model(os.path.join(folder, "xgboost-model.json"))
    shutil.move(os.path.join(folder, "xgboost-model.json"), os.path.join(folder, "xgboost-model"))


def main():
    try:
        train()
    except Exception as error:  # the platform wants one reason, whatever it was
        import xgboost
        is_users = isinstance(error, (ClientError, xgboost.core.XGBoostError, ValueError))
        text = f"{'ClientError' if is_users else 'AlgorithmError'}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        with open(os.path.join(ROOT, "output/failure"), "w") as file:
            file.write(text)
        print(text, file=sys.stderr)
        sys.exit(1)


main()
