"""Runs a Lambda handler that is written in Python: the loop of Lambda's Runtime API, as bootstrap.ts is for Node.

It lets drivers trust the CA certificates in AWS_CA_BUNDLE instead of a file that only root can write; the handler is not
changed.
"""

import http.client
import importlib
import json
import os
import sys
import time

sys.dont_write_bytecode = True  # Lambda's folder of code is read-only.
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])


def trusting(connect):
    ca_file = os.environ["AWS_CA_BUNDLE"]

    def connect_trusting(*args, **kwargs):
        if kwargs.get("sslrootcert"):
            kwargs["sslrootcert"] = ca_file
        if kwargs.get("ssl"):
            kwargs["ssl"] = {**kwargs["ssl"], "ca": ca_file}
        return connect(*args, **kwargs)

    return connect_trusting


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return self.deadline - int(time.time() * 1000)


api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    api.request(method, "/2018-06-01/runtime/" + path, body)
    response = api.getresponse()
    return response.headers, response.read()


module_name, handler_name = os.environ["_HANDLER"].split(".")
module = importlib.import_module(module_name)
handler = getattr(module, handler_name)
for driver in ("pgdb", "pymysql"):
    if hasattr(module, driver):
        getattr(module, driver).connect = trusting(getattr(module, driver).connect)

while True:
    headers, event = call("GET", "invocation/next")
    context = Context(headers)
    try:
        result = handler(json.loads(event), context)
        call("POST", f"invocation/{context.aws_request_id}/response", json.dumps(result))
    except Exception as error:
        report = {"errorType": type(error).__name__, "errorMessage": str(error), "trace": []}
        call("POST", f"invocation/{context.aws_request_id}/error", json.dumps(report))
