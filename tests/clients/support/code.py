"""Lambda functions out of the folder `functions`."""

import io
import json
import zipfile
from pathlib import Path

from support.names import unique
from support.roles import role
from support.training import LOGS

FUNCTIONS = Path(__file__).resolve().parents[1] / "functions"


def archive(*names):
    """A zip with those files of the folder at its top."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name in names:
            packed.write(FUNCTIONS / name, name)
    return content.getvalue()


def function(server, file, *statements, **more):
    """A new function of that file, whose handler is called `handler`; answers its name."""
    stem, _, ending = file.rpartition(".")
    name = unique(stem)
    server.client("lambda").create_function(**{
        "FunctionName": name,
        "Runtime": "nodejs22.x" if ending == "mjs" else "python3.12",
        "Handler": f"{stem}.handler",
        "Role": role(server, "lambda", (LOGS, "*"), *statements),
        "Code": {"ZipFile": archive(file)},
        "Timeout": 20,
    } | more)
    return name


def invoked(server, name, payload=None, **more):
    """Invokes; answers the result and the whole answer."""
    answer = server.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload or {}), **more)
    return json.loads(answer["Payload"].read() or b"null"), answer
