"""Prints what AWS makes of an AWS SAM template, as JSON: the transform that runs in the cloud, run here."""

import json
import sys

from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

template = json.load(sys.stdin)
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        # sam package has uploaded the folder by then.
        resource["Properties"]["CodeUri"] = "s3://bucket/" + resource["Properties"]["CodeUri"].strip("/")


class NoManagedPolicies(ManagedPolicyLoader):
    def __init__(self):
        super().__init__(None)

    def load(self):
        raise RuntimeError("The template asks for a managed policy by its name.")


json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout)
