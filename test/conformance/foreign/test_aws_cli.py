"""The AWS CLI, version 1: its whole program, called with a person's arguments."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout

from awscli.clidriver import create_clidriver


def aws(*arguments, expected=0):
    """Runs `aws secretsmanager`, and returns what it prints as JSON, or its error."""
    # A process of its own for each call would take a second.
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as error:
        code = create_clidriver().main(["secretsmanager", *arguments])
    assert code == expected, error.getvalue()
    return error.getvalue() if expected else json.loads(output.getvalue() or "{}")


def test_a_secret_from_its_creation_to_its_end(name):
    created = aws("create-secret", "--name", name, "--secret-string", '{"password":"one"}')
    aws("put-secret-value", "--secret-id", name, "--secret-string", '{"password":"two"}')
    value = aws("get-secret-value", "--secret-id", name)
    assert json.loads(value["SecretString"]) == {"password": "two"}
    described = aws("describe-secret", "--secret-id", created["ARN"])
    assert described["VersionIdsToStages"][created["VersionId"]] == ["AWSPREVIOUS"]
    listed = aws("list-secrets", "--filters", f"Key=name,Values={name}", "--sort-order", "desc")
    assert [secret["Name"] for secret in listed["SecretList"]] == [name]
    batch = aws("batch-get-secret-value", "--secret-id-list", name, "missing")
    assert batch["SecretValues"][0]["SecretString"] == value["SecretString"]
    assert batch["Errors"][0]["ErrorCode"] == "ResourceNotFoundException"
    aws("delete-secret", "--secret-id", name)
    aws("restore-secret", "--secret-id", name)
    aws("delete-secret", "--secret-id", name, "--force-delete-without-recovery")
    missing = aws("describe-secret", "--secret-id", name, expected=255)
    assert "(ResourceNotFoundException) when calling the DescribeSecret operation" in missing


def test_regions_and_policies(name):
    aws("create-secret", "--name", name, "--secret-string", "one", "--add-replica-regions", "Region=eu-west-1")
    value = aws("get-secret-value", "--secret-id", name, "--region", "eu-west-1")
    assert value["ARN"].startswith("arn:aws:secretsmanager:eu-west-1:")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert aws("validate-resource-policy", "--resource-policy", policy)["PolicyValidationPassed"]
    aws("put-resource-policy", "--secret-id", name, "--resource-policy", policy, "--block-public-policy")
    assert aws("get-resource-policy", "--secret-id", name)["ResourcePolicy"] == policy


def test_random_password():
    password = aws("get-random-password", "--password-length", "40", "--exclude-punctuation")
    assert len(password["RandomPassword"]) == 40 and password["RandomPassword"].isalnum()
