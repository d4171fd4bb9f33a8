"""Runs moto's own tests of Secrets Manager against the service that AWS_ENDPOINT_URL_SECRETS_MANAGER names.

moto's tests expect moto to answer inside their process. This plugin takes the mock away, so that boto3 sends every
request over HTTP, and deletes all secrets after each test. It changes no test.
"""

import json
import os
import sys
import types
from contextlib import ContextDecorator
from uuid import uuid4

import boto3
import moto
import pytest
import requests

ENDPOINT = os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"]
REGIONS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]


class NoMock(ContextDecorator):
    """Stands in for moto.mock_aws: a decorator, with or without arguments, and a context manager."""

    def __call__(self, function=None, config=None):
        return self if function is None else super().__call__(function)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


class RawClient:
    """Stands in for Flask's test client of moto's server. It signs nothing, and adds what every SDK adds."""

    def post(self, path, json, headers):
        operation = headers["X-Amz-Target"].split(".")[1]
        # AWS refuses these four without a token, which every SDK fills in.
        if operation in {"CreateSecret", "PutSecretValue", "RotateSecret", "UpdateSecret"}:
            json = {"ClientRequestToken": str(uuid4()), **json}
        credential = "Credential=foreign/20260101/us-east-1/secretsmanager/aws4_request"
        signed = {**headers, "Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}
        return RawAnswer(requests.post(ENDPOINT + path, json=json, headers=signed, timeout=30))


class RawAnswer:
    """The two members of Flask's response that moto's tests read. AWS writes Message where moto writes message."""

    def __init__(self, response):
        body = response.json()
        if "Message" in body:
            body["message"] = body["Message"]
        self.data = json.dumps(body).encode()
        self.status_code = response.status_code


moto.mock_aws = NoMock()
server = types.ModuleType("moto.server")
server.create_backend_app = lambda _service: types.SimpleNamespace(test_client=RawClient)
sys.modules["moto.server"] = moto.server = server

# test_server.py needs one function of this file, for a test that is not run, and the file needs Docker's client.
awslambda = types.ModuleType("tests.test_awslambda.test_lambda")
awslambda.get_test_zip_file1 = lambda: b""
sys.modules["tests.test_awslambda.test_lambda"] = awslambda


@pytest.fixture(autouse=True)
def no_secrets_left():
    yield
    clients = [boto3.client("secretsmanager", region) for region in REGIONS]
    for client in clients:
        for secret in all_secrets(client):
            regions = [status["Region"] for status in replicas(client, secret["ARN"])]
            if secret.get("PrimaryRegion") == client.meta.region_name and regions:
                client.remove_regions_from_replication(SecretId=secret["ARN"], RemoveReplicaRegions=regions)
    for client in clients:
        for secret in all_secrets(client):
            client.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


def all_secrets(client):
    pages = client.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True)
    return [secret for page in pages for secret in page["SecretList"]]


def replicas(client, arn):
    return client.describe_secret(SecretId=arn).get("ReplicationStatus", [])


outcomes = {}


def pytest_runtest_logreport(report):
    """Remembers the worst outcome of a test's three phases, without the folder: "test_policy::test_put"."""
    case = report.nodeid.removeprefix("tests/test_secretsmanager/").replace(".py::", "::", 1)
    if report.when == "call" or report.outcome != "passed":
        outcomes[case] = report.outcome if report.when == "call" else f"{report.outcome} in {report.when}"


def pytest_sessionfinish():
    with open(os.environ["MOTO_OUTCOMES"], "w") as file:
        json.dump(outcomes, file)


def pytest_collection_modifyitems(config, items):
    """Leaves out what the table of moto.md names: a case, or all cases of a parametrized one."""
    left_out = set(json.loads(os.environ["MOTO_NOT_RUN"]))
    chosen, deselected = [], []
    for item in items:
        case = item.nodeid.removeprefix("tests/test_secretsmanager/").replace(".py::", "::", 1)
        (deselected if case in left_out or case.split("[")[0] in left_out else chosen).append(item)
    config.hook.pytest_deselected(items=deselected)
    items[:] = chosen
