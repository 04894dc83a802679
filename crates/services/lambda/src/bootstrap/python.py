"""Runs a Python handler against Lambda's Runtime API. Started by refit as `python3 -u python.py`."""
import http.client
import importlib
import json
import os
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
VERSION = "/2018-06-01/runtime"


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = None

    def get_remaining_time_in_millis(self):
        return max(0, self.deadline_ms - int(time.time() * 1000))


def described(error, request=""):
    """An exception as Lambda reports it."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    return {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": request, "stackTrace": frames}


def exchange(connection, method, path, body=None):
    connection.request(method, VERSION + path, body, {"Content-Type": "application/json"} if body else {})
    response = connection.getresponse()
    return response.headers, response.read()


def load(connection):
    """The handler function; a failure is reported and ends the process."""
    try:
        module, _, name = os.environ["_HANDLER"].rpartition(".")
        # In place of this script's own folder, whose files are none of the function's.
        sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
        return getattr(importlib.import_module(module.replace("/", ".")), name)
    except BaseException as error:
        report = described(error)
        if isinstance(error, ImportError):
            report["errorType"] = "Runtime.ImportModuleError"
            report["errorMessage"] = f"Unable to import module '{os.environ['_HANDLER'].rpartition('.')[0]}': {error}"
        elif isinstance(error, AttributeError):
            report["errorType"] = "Runtime.HandlerNotFound"
            report["errorMessage"] = f"Handler '{os.environ['_HANDLER']}' missing: {error}"
        exchange(connection, "POST", "/init/error", json.dumps(report))
        sys.exit(1)


def main():
    connection = http.client.HTTPConnection(API)
    handler = load(connection)
    while True:
        headers, body = exchange(connection, "GET", "/invocation/next")
        request = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            answer = handler(json.loads(body), Context(headers))
            path = "/response"
            try:
                result = json.dumps(answer)
            except Exception as error:
                path = "/error"
                result = json.dumps({
                    "errorMessage": f"Unable to marshal response: {error}",
                    "errorType": "Runtime.MarshalError", "requestId": request, "stackTrace": [],
                })
        except Exception as error:
            traceback.print_exc()
            result = json.dumps(described(error, request))
            path = "/error"
        sys.stdout.flush()
        sys.stderr.flush()
        exchange(connection, "POST", f"/invocation/{request}{path}", result)


if __name__ == "__main__":
    try:
        main()
    except (ConnectionError, http.client.HTTPException):
        sys.exit(0)
