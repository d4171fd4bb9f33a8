"""What the tests of clients in Python share. The service is the one that AWS_ENDPOINT_URL_SECRETS_MANAGER names."""

from uuid import uuid4

import boto3
import pytest


@pytest.fixture
def client():
    return boto3.client("secretsmanager")


@pytest.fixture
def name():
    """The name of a secret that does not exist."""
    return f"foreign/{uuid4()}/x"
