"""Prints the blocks of a folder's *.tf files as JSON."""

import json
import pathlib
import sys

import hcl2

files = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.tf")):
    with path.open() as file:
        files[path.name] = hcl2.load(file)
json.dump(files, sys.stdout)
