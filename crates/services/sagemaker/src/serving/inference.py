"""Answers /ping and /invocations with a model by the functions of the user's script.

The script may define model_fn, input_fn, predict_fn, output_fn, or transform_fn in the place of the last three, as SageMaker's
framework containers know them. What it leaves out is done as the containers for scikit-learn, XGBoost and PyTorch do it.

Usage: inference.py FRAMEWORK CODE MODEL, the script's name in SAGEMAKER_PROGRAM, and the socket file to listen at in REFIT_SERVE_SOCKET.
"""

import http.server
import importlib.util
import inspect
import io
import json
import os
import socket
import socketserver
import sys
import threading
import traceback

LARGEST_BODY = 100 * 1024 * 1024


class Unsupported(Exception):
    """A media type that nobody here reads (415) or writes (406)."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def read(body, kind):
    """The body as an array."""
    import numpy

    if kind == "application/json":
        return numpy.array(json.loads(body))
    if kind == "text/csv":
        return numpy.genfromtxt(io.StringIO(body.decode()), delimiter=",", ndmin=2)
    if kind == "application/x-npy":
        return numpy.load(io.BytesIO(body), allow_pickle=False)
    raise Unsupported(415, f"content type {kind!r} is not read here: define input_fn")


def write(prediction, accept):
    """The prediction as bytes, and their media type."""
    if hasattr(prediction, "detach"):
        prediction = prediction.detach().cpu().numpy()
    if isinstance(prediction, bytes):
        return prediction, accept
    if isinstance(prediction, str):
        return prediction.encode(), accept
    if accept == "application/json":
        plain = prediction.tolist() if hasattr(prediction, "tolist") else prediction
        return json.dumps(plain).encode(), accept
    import numpy

    array = numpy.asarray(prediction)
    if accept == "text/csv":
        rows = array.reshape(-1, 1) if array.ndim < 2 else array
        return "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode(), accept
    if accept == "application/x-npy":
        buffer = io.BytesIO()
        numpy.save(buffer, array, allow_pickle=False)
        return buffer.getvalue(), accept
    raise Unsupported(406, f"accept type {accept!r} is not written here: define output_fn")


class Plain:
    """What scikit-learn's container does where the script says nothing."""

    accept = "application/json"

    def model_fn(self, folder):
        for name in ("model.joblib", "model.pkl"):
            if os.path.exists(os.path.join(folder, name)):
                import joblib

                return joblib.load(os.path.join(folder, name))
        raise SystemExit("the script defines no model_fn, and the model has neither model.joblib nor model.pkl")

    def input_fn(self, body, kind):
        return read(body, kind)

    def predict_fn(self, data, model):
        return model.predict(data)

    def output_fn(self, prediction, accept):
        return write(prediction, accept)


class XGBoost(Plain):
    """What XGBoost's container does."""

    accept = "text/csv"

    def model_fn(self, folder):
        import xgboost

        files = [name for name in sorted(os.listdir(folder)) if os.path.isfile(os.path.join(folder, name))]
        name = "xgboost-model" if "xgboost-model" in files else (files or [""])[0]
        booster = xgboost.Booster()
        booster.load_model(os.path.join(folder, name))
        return booster

    def input_fn(self, body, kind):
        import numpy
        import xgboost

        if kind in ("text/libsvm", "text/x-libsvm", ""):
            rows = [dict(pair.split(":") for pair in line.split() if ":" in pair) for line in body.decode().splitlines() if line.strip()]
            width = 1 + max((int(index) for row in rows for index in row), default=-1)
            table = numpy.full((len(rows), width), numpy.nan)
            for number, row in enumerate(rows):
                for index, value in row.items():
                    table[number, int(index)] = float(value)
            return xgboost.DMatrix(table)
        return xgboost.DMatrix(read(body, kind))

    def predict_fn(self, data, model):
        import xgboost

        if isinstance(model, xgboost.Booster):
            return model.predict(data, validate_features=False)
        return model.predict(data.get_data() if isinstance(data, xgboost.DMatrix) else data)


class PyTorch(Plain):
    """What PyTorch's container does."""

    def model_fn(self, folder):
        import torch

        files = [name for name in os.listdir(folder) if name.endswith((".pt", ".pth"))]
        if len(files) != 1:
            raise SystemExit("the script defines no model_fn, and the model has not exactly one file .pt or .pth")
        return torch.jit.load(os.path.join(folder, files[0]), map_location="cpu").eval()

    def input_fn(self, body, kind):
        import torch

        return torch.tensor(read(body, kind), dtype=torch.float32)

    def predict_fn(self, data, model):
        import torch

        with torch.no_grad():
            return model(data)


FRAMEWORKS = {"xgboost": XGBoost, "pytorch": PyTorch}


class Handler:
    """The script's functions, and the framework's for those it lacks."""

    def __init__(self, framework, code, folder):
        self.defaults = FRAMEWORKS.get(framework, Plain)()
        self.script = load(code)
        self.model = self.call("model_fn", folder)

    def call(self, name, *arguments):
        function = getattr(self.script, name, None) or getattr(self.defaults, name)
        try:
            most = len(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            most = len(arguments)
        # Some containers hand a context on as a further argument.
        more = [None] if most == len(arguments) + 1 else []
        return function(*arguments, *more)

    def answer(self, body, kind, accept):
        if accept in ("", "*/*"):
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or self.defaults.accept
        if hasattr(self.script, "transform_fn"):
            answer = self.call("transform_fn", self.model, body, kind, accept)
        else:
            # Scripts expect text where the media type is a text's.
            is_text = kind.startswith("text/") or kind.startswith("application/json")
            own = hasattr(self.script, "input_fn")
            data = self.call("input_fn", body.decode() if is_text and own else body, kind)
            answer = self.call("output_fn", self.call("predict_fn", data, self.model), accept)
        if isinstance(answer, tuple):
            answer, accept = answer[0], answer[1]
        if hasattr(answer, "response"):
            answer, accept = answer.response, getattr(answer, "mimetype", accept)
        return write(answer, accept)


def load(code):
    """The user's module; nothing when there is none."""
    program = os.environ.get("SAGEMAKER_PROGRAM") or "inference.py"
    file = os.path.join(code, program)
    if not os.path.isfile(file):
        if os.environ.get("SAGEMAKER_PROGRAM"):
            raise SystemExit(f"the script {program} is not in {code}")
        return object()
    sys.path.insert(0, os.path.dirname(file))
    sys.path.insert(0, code)
    spec = importlib.util.spec_from_file_location(os.path.basename(program).removesuffix(".py"), file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Server(http.server.ThreadingHTTPServer):
    """Listens at a file, which only this user can reach: who may ask the model is decided before."""

    address_family = socket.AF_UNIX
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):
        folder, name = os.path.split(self.server_address)
        if os.path.lexists(self.server_address):
            os.unlink(self.server_address)
        # By its open folder: the kernel takes no long names of sockets.
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.server_address = f"/proc/self/fd/{opened}/{name}"
            socketserver.TCPServer.server_bind(self)
        finally:
            os.close(opened)
        self.server_name, self.server_port = "localhost", 0


def requests(handler):
    """The class that answers requests with a handler."""

    class Requests(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def reply(self, status, body, kind="text/plain"):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.reply(200 if self.path == "/ping" else 404, b"")

        def do_POST(self):
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != "/invocations" or length > LARGEST_BODY:
                self.close_connection = True
                return self.reply(404 if length <= LARGEST_BODY else 413, b"")
            body = self.rfile.read(length)
            kind = (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()
            accept = (self.headers.get("Accept") or "").split(";")[0].strip().lower()
            try:
                answer, kind = handler.answer(body, kind, accept)
                self.reply(200, answer, kind or "application/octet-stream")
            except Unsupported as error:
                self.reply(error.status, str(error).encode())
            except Exception as error:  # whatever the user's code raises is the request's failure
                traceback.print_exc()
                self.reply(500, f"{type(error).__name__}: {error}".encode())

    return Requests


def main():
    framework, code, folder = sys.argv[1:]
    handler = Handler(framework, code, folder)
    place = os.environ.pop("REFIT_SERVE_SOCKET")
    server = Server(place, requests(handler))
    print(f"{os.environ.get('SAGEMAKER_PROGRAM') or 'inference.py'} serves at {place}", flush=True)
    threading.current_thread().name = "serve"
    server.serve_forever()


if __name__ == "__main__":
    main()
