"""Every operation of boto3: what the service returns is what boto3's model can read."""

import json

import boto3
import pytest

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        },
    }
)

# Secrets of partners and of other accounts: see --help of npm run secrets-manager.
NOT_HERE = {"AssociateCrossAccountReplica", "DisassociateCrossAccountReplica"}


def test_every_operation_of_the_model_is_known(client):
    unknown = set()
    for operation in client.meta.service_model.operation_names:
        try:
            client._make_api_call(operation, {})
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "UnknownOperationException":
                unknown.add(operation)
        except Exception:
            # boto3 itself refuses a request without its required members: it is sent below.
            pass
    assert unknown <= NOT_HERE


def test_a_secret_from_its_creation_to_its_end(client, name):
    created = client.create_secret(Name=name, SecretString="one", Tags=[{"Key": "team", "Value": "a"}])
    arn = created["ARN"]
    assert client.get_secret_value(SecretId=name)["SecretString"] == "one"
    put = client.put_secret_value(SecretId=arn, SecretBinary=bytes(range(256)))
    assert client.get_secret_value(SecretId=arn)["SecretBinary"] == bytes(range(256))
    previous = client.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")
    assert previous["VersionId"] == created["VersionId"]
    client.update_secret(SecretId=arn, Description="text", KmsKeyId="alias/app")
    client.update_secret_version_stage(SecretId=arn, VersionStage="mine", MoveToVersionId=put["VersionId"])
    client.untag_resource(SecretId=arn, TagKeys=["team"])
    client.tag_resource(SecretId=arn, Tags=[{"Key": "team", "Value": "b"}])
    described = client.describe_secret(SecretId=arn)
    assert described["Description"] == "text"
    assert sorted(described["VersionIdsToStages"][put["VersionId"]]) == ["AWSCURRENT", "mine"]
    assert client.delete_secret(SecretId=arn)["DeletionDate"] > described["CreatedDate"]
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.get_secret_value(SecretId=arn)
    client.restore_secret(SecretId=arn)
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_secret(SecretId=arn)


def test_policies(client, name):
    client.create_secret(Name=name)
    client.put_resource_policy(SecretId=name, ResourcePolicy=POLICY, BlockPublicPolicy=True)
    assert client.get_resource_policy(SecretId=name)["ResourcePolicy"] == POLICY
    assert client.validate_resource_policy(SecretId=name, ResourcePolicy=POLICY)["PolicyValidationPassed"]
    client.delete_resource_policy(SecretId=name)
    assert "ResourcePolicy" not in client.get_resource_policy(SecretId=name)
    with pytest.raises(client.exceptions.MalformedPolicyDocumentException):
        client.put_resource_policy(SecretId=name, ResourcePolicy="{")
    with pytest.raises(client.exceptions.PublicPolicyException):
        public = POLICY.replace("arn:aws:iam::123456789012:root", "*")
        client.put_resource_policy(SecretId=name, ResourcePolicy=public, BlockPublicPolicy=True)


def test_regions(client, name):
    there = boto3.client("secretsmanager", "eu-west-1")
    arn = client.create_secret(Name=name, SecretString="one")["ARN"]
    regions = [{"Region": "eu-west-1"}]
    status = client.replicate_secret_to_regions(SecretId=arn, AddReplicaRegions=regions)["ReplicationStatus"]
    assert [(one["Region"], one["Status"]) for one in status] == [("eu-west-1", "InSync")]
    replica = arn.replace("us-east-1", "eu-west-1")
    assert there.get_secret_value(SecretId=replica)["SecretString"] == "one"
    assert there.describe_secret(SecretId=name)["PrimaryRegion"] == "us-east-1"
    with pytest.raises(there.exceptions.InvalidParameterException):
        there.put_secret_value(SecretId=replica, SecretString="two")
    assert there.stop_replication_to_replica(SecretId=replica)["ARN"] == replica
    there.put_secret_value(SecretId=replica, SecretString="two")
    assert client.get_secret_value(SecretId=arn)["SecretString"] == "one"
    us_west = [{"Region": "us-west-2"}]
    client.replicate_secret_to_regions(SecretId=arn, AddReplicaRegions=us_west)
    removed = client.remove_regions_from_replication(SecretId=arn, RemoveReplicaRegions=["us-west-2"])
    assert removed["ReplicationStatus"] == []


def pages(operation, **members):
    """All pages of a list. boto3 has a paginator for ListSecrets only."""
    page = operation(**members)
    yield page
    while "NextToken" in page:
        page = operation(**members, NextToken=page["NextToken"])
        yield page


def test_pages(client, name):
    for number in range(25):
        client.create_secret(Name=f"{name}/{number}", SecretString=str(number))
    filters = [{"Key": "name", "Values": [name]}]
    listed = client.get_paginator("list_secrets").paginate(Filters=filters, MaxResults=10)
    assert [len(page["SecretList"]) for page in listed] == [10, 10, 5]
    batches = list(pages(client.batch_get_secret_value, Filters=filters))
    assert [len(page["SecretValues"]) for page in batches] == [20, 5]
    values = [secret["SecretString"] for page in batches for secret in page["SecretValues"]]
    assert values == [str(number) for number in range(25)]
    for number in range(3):
        client.put_secret_value(SecretId=f"{name}/0", SecretString=f"value {number}")
    versions = pages(
        client.list_secret_version_ids, SecretId=f"{name}/0", IncludeDeprecated=True, MaxResults=2
    )
    assert [len(page["Versions"]) for page in versions] == [2, 2]


def test_random_password(client):
    assert len(client.get_random_password(PasswordLength=20)["RandomPassword"]) == 20
    with pytest.raises(client.exceptions.InvalidParameterException, match="desired type have been excluded"):
        client.get_random_password(ExcludeCharacters="0123456789")


def test_rotation_without_a_function_is_refused(client, name):
    client.create_secret(Name=name, SecretString="one")
    with pytest.raises(client.exceptions.InvalidRequestException, match="No Lambda rotation function ARN"):
        client.rotate_secret(SecretId=name)
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.cancel_rotate_secret(SecretId=name)
