#!/usr/bin/env python3
"""Writes the trimmed AWS service models that refit's services and clients are driven by.

For each entry of models.json: read the service's model from the installed botocore, keep the named operations and the shapes they
reach, keep only facts (no documentation), and write it with one line per operation and per shape, so that a new botocore shows up
as a readable diff.

Usage: python3 xtask/models.py [NAME ...]      (all entries without names; run it anywhere)
"""

import json
import pathlib
import sys

import botocore
import botocore.loaders

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

METADATA_KEYS = (
    "apiVersion",
    "awsQueryCompatible",
    "dialects",
    "endpointPrefix",
    "globalEndpoint",
    "jsonVersion",
    "protocol",
    "serviceId",
    "signatureVersion",
    "signingName",
    "validationErrorCode",
    "targetPrefix",
    "xmlNamespace",
)
OPERATION_KEYS = (
    "http",
    "input",
    "output",
    "errors",
    "idempotent",
    "endpoint",
    "httpChecksum",
    "unsignedPayload",
    "authtype",
)
REFERENCE_KEYS = (
    "shape",
    "location",
    "locationName",
    "queryName",
    "flattened",
    "xmlAttribute",
    "xmlNamespace",
    "streaming",
    "timestampFormat",
    "idempotencyToken",
    "jsonvalue",
    "box",
    "hostLabel",
    "eventpayload",
    "eventheader",
)
SHAPE_KEYS = (
    "type",
    "required",
    "payload",
    "min",
    "max",
    "pattern",
    "enum",
    "flattened",
    "locationName",
    "xmlNamespace",
    "timestampFormat",
    "streaming",
    "sensitive",
    "box",
    "union",
    "document",
    "eventstream",
    "event",
    "exception",
    "error",
    "fault",
)


def pick(source, keys):
    """The named keys of `source`, in the order of `keys`."""
    return {key: source[key] for key in keys if key in source}


def trim_operation(operation):
    trimmed = pick(operation, OPERATION_KEYS)
    for key in ("input", "output"):
        if key in trimmed:
            trimmed[key] = pick(trimmed[key], REFERENCE_KEYS)
    if "errors" in trimmed:
        trimmed["errors"] = [error["shape"] for error in trimmed["errors"]]
    return trimmed


def trim_shape(shape, facts):
    trimmed = {**pick(shape, SHAPE_KEYS), **facts}
    if not trimmed.get("required", True):
        del trimmed["required"]
    if "members" in shape:
        trimmed["members"] = {
            name: pick(reference, REFERENCE_KEYS)
            for name, reference in shape["members"].items()
        }
    for key in ("member", "key", "value"):
        if key in shape:
            trimmed[key] = pick(shape[key], REFERENCE_KEYS)
    return trimmed


def references(shape):
    """Names of the shapes that `shape` points to."""
    yield from (member["shape"] for member in shape.get("members", {}).values())
    yield from (shape[key]["shape"] for key in ("member", "key", "value") if key in shape)


def reachable(operations, shapes):
    pending = []
    for operation in operations.values():
        pending += [operation[key]["shape"] for key in ("input", "output") if key in operation]
        pending += operation.get("errors", [])
    seen = set()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(references(shapes[name]))
    return seen


def build(model, wanted, facts):
    """`facts` adds to shapes what is known of the service but not in botocore's model."""
    names = sorted(model["operations"]) if wanted == ["*"] else sorted(wanted)
    unknown = [name for name in names if name not in model["operations"]]
    if unknown:
        raise SystemExit(f"no such operations: {', '.join(unknown)}")
    operations = {name: trim_operation(model["operations"][name]) for name in names}
    kept = sorted(reachable(operations, model["shapes"]))
    shapes = {name: trim_shape(model["shapes"][name], facts.get(name, {})) for name in kept}
    return pick(model["metadata"], METADATA_KEYS), operations, shapes


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def lines_of(table):
    return ",\n".join(f"{compact(name)}:{compact(value)}" for name, value in table.items())


def write(path, metadata, operations, shapes):
    metadata = {**metadata, "botocoreVersion": botocore.__version__}
    text = (
        '{"metadata":' + compact(metadata) + ',\n"operations":{\n' + lines_of(operations)
        + '\n},\n"shapes":{\n' + lines_of(shapes) + "\n}}\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(operations)} operations, {len(shapes)} shapes, {len(text)} bytes")


def main(only):
    entries = json.loads((HERE / "models.json").read_text(encoding="utf-8"))
    loader = botocore.loaders.Loader()
    for name, entry in entries.items():
        if only and name not in only:
            continue
        model = loader.load_service_model(entry["botocore"], "service-2")
        model["metadata"].update(entry.get("metadata", {}))
        write(ROOT / entry["file"], *build(model, entry["operations"], entry.get("facts", {})))


if __name__ == "__main__":
    main(sys.argv[1:])
