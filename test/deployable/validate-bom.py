"""Exits with the first error that CycloneDX's schema has about a bill of materials."""

import sys

from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator

with open(sys.argv[1]) as file:
    error = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_6).validate_str(file.read())
sys.exit(str(error) if error else None)
