#!/usr/bin/env python3
"""Holds SARIF logs of `apimon lint --format sarif` against the official schema of SARIF 2.1.0.

    pip install jsonschema
    apimon lint tests/lint policies --format sarif > log.json
    python3 tests/clients/sarif_schema.py sarif-schema-2.1.0.json log.json

The schema is OASIS's, at https://docs.oasis-open.org/sarif/sarif/v2.1.0/; it is not kept here.
Not part of `cargo test`.
"""

import json
import sys

import jsonschema


def main(schema_path: str, *log_paths: str) -> int:
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema)(
        schema, format_checker=jsonschema.FormatChecker()
    )
    mistakes = 0
    for path in log_paths:
        with open(path, encoding="utf-8") as file:
            log = json.load(file)
        for error in validator.iter_errors(log):
            mistakes += 1
            print(f"{path}: {list(error.absolute_path)}: {error.message}")
    print(f"{len(log_paths)} logs, {mistakes} mistakes")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
