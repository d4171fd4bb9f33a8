"""Creates, updates and deletes a stack of the release template in a local CloudFormation, and prints what it was."""

import ast
import json
import sys

import boto3

endpoint, template_file, parameters_json = sys.argv[1:4]
parameters = json.loads(parameters_json)


def client(service):
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1")


cloudformation, functions, iam = client("cloudformation"), client("lambda"), client("iam")
with open(template_file) as file:
    template = file.read()


def given(**changes):
    values = {**parameters, **changes}
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def document(policy):
    """moto keeps what a stack has made as Python prints it."""
    return ast.literal_eval(policy) if isinstance(policy, str) else policy


def seen():
    name = parameters["functionName"]
    configuration = functions.get_function(FunctionName=name)["Configuration"]
    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    role = configuration["Role"].split("/")[-1]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {
        "status": cloudformation.describe_stacks(StackName="rotate")["Stacks"][0]["StackStatus"],
        "configuration": {key: configuration.get(key) for key in ("Runtime", "Handler", "MemorySize", "Timeout", "CodeSize")},
        "environment": configuration.get("Environment", {}).get("Variables", {}),
        "permission": policy["Statement"],
        "policies": {
            policy_name: document(iam.get_role_policy(RoleName=role, PolicyName=policy_name)["PolicyDocument"])
            for policy_name in names
        },
        "outputs": {
            output["OutputKey"]: output["OutputValue"]
            for output in cloudformation.describe_stacks(StackName="rotate")["Stacks"][0].get("Outputs", [])
        },
    }


created = cloudformation.create_stack(
    StackName="rotate", TemplateBody=template, Parameters=given(), Capabilities=["CAPABILITY_IAM"]
)
after_creation = seen()
cloudformation.update_stack(
    StackName="rotate", TemplateBody=template, Parameters=given(memorySize="512"), Capabilities=["CAPABILITY_IAM"]
)
after_update = seen()
cloudformation.delete_stack(StackName=created["StackId"])
left = [function["FunctionName"] for function in functions.list_functions()["Functions"]]
roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
json.dump({"created": after_creation, "updated": after_update, "left": left + roles}, sys.stdout)
