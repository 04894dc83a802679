"""Answers with what it was told and what it sees; fails or sleeps when it is told to."""

import os
import sys
import time


class Worse(Exception):
    """An error of the function's own."""


def handler(event, context):
    print("looking at", event.get("name"))
    if "fail" in event:
        raise Worse(event["fail"])
    if "exit" in event:
        sys.stdout.flush()
        os._exit(event["exit"])
    time.sleep(event.get("sleep", 0))
    return {
        "event": event,
        "environment": {name: os.environ.get(name) for name in ("STAGE", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "HOME")},
        "request_id": context.aws_request_id,
        "function_arn": context.invoked_function_arn,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "process": os.getpid(),
    }
