"""Runs a Pulumi program in Python: settings as JSON in the first argument, configuration in the environment.

Exit codes: 0 done; 32 failed, and the engine was told why; others: failed otherwise.
"""

import asyncio
import inspect
import json
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor


def end_with_parent():
    """Ends the program and what it started when refit, which holds the other end of standard input, is gone."""
    held = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch():
        try:
            while os.read(held, 4096):
                pass
        except OSError:
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def is_own(file, pwd):
    """Whether a file belongs to the program, and not to what is installed for it."""
    path = os.path.abspath(file)
    parts = path.split(os.sep)
    return not file.startswith("<") and path.startswith(pwd + os.sep) and "site-packages" not in parts and "dist-packages" not in parts


def explanation(pwd):
    """The traceback of the exception that is handled, from the program's own code on."""
    kind, error, trace = sys.exc_info()
    entries = traceback.extract_tb(trace)
    for index, entry in enumerate(entries):
        if is_own(entry.filename, pwd):
            return "".join(traceback.format_exception(kind, error, trace, limit=index - len(entries)))
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(kind, error))
    return "".join(traceback.format_exception(kind, error, trace))


def main():
    """Runs it."""
    given = json.loads(sys.argv[1])
    pwd, program, parallel = given.pop("pwd"), given.pop("program"), max(given["parallel"], 1)
    end_with_parent()
    os.chdir(pwd)
    sys.argv = [program]
    sys.path[0] = pwd

    import grpc
    import pulumi
    import pulumi.runtime
    from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

    # gRPC would make an authority of the socket's path that HTTP does not allow.
    options = [("grpc.default_authority", "localhost")]
    options += [(f"grpc.max_{way}_message_length", 400 << 20) for way in ("send", "receive")]
    channel = grpc.insecure_channel(given.pop("address"), options=options)
    given["monitor"] = resource_pb2_grpc.ResourceMonitorStub(channel)
    given["engine"] = engine_pb2_grpc.EngineStub(channel)

    config = (pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.set_all_config(*config)
    # Older SDKs lack some of the settings.
    known = inspect.signature(pulumi.runtime.Settings.__init__).parameters
    settings = {name: value for name, value in given.items() if name in known}
    pulumi.runtime.configure(pulumi.runtime.Settings(**settings))

    # What fails in a task is told once, by us.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pool = ThreadPoolExecutor(max_workers=parallel * 4)
    loop.set_default_executor(pool)

    def run():
        runpy.run_path(program, run_name="__main__")

    code = 1
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
        code = 0
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        code = 32
    except Exception:
        pulumi.log.error("the program failed with an unhandled exception:\n" + explanation(pwd))
        code = 32
    finally:
        pool.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(code)


main()
