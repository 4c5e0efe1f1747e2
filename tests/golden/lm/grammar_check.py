#!/usr/bin/env python3
"""Checks constrained replies with an independent validator.

Reads the dump of grammar_test (one object a line: schema and reply) and validates every reply with the
jsonschema package (4.x, Draft 2020-12, formats asserted). Prints how many were checked; exit status 1 when
one does not follow its schema.

  XROUTER_GRAMMAR_SCHEMAS=10000 XROUTER_GRAMMAR_DUMP=/tmp/replies.jsonl \
      build/debug/src/xrouter/grammar_test --gtest_filter='SchemaProperty.*'
  python3 tests/golden/lm/grammar_check.py /tmp/replies.jsonl

Needs: pip install jsonschema==4.*
"""
import datetime
import ipaddress
import json
import re
import sys
import uuid

import jsonschema

# Ours, strict: the package leaves out date-time and others without optional packages.
FORMATS = jsonschema.FormatChecker(formats=())


def checked(name, parse):
    def is_format(text):
        if not isinstance(text, str):
            return True
        parse(text)
        return True

    FORMATS.checks(name, raises=ValueError)(is_format)


def email(text):
    if not re.fullmatch(r"[^@\s.][^@\s]*@([a-zA-Z0-9-]+\.)+[a-zA-Z0-9-]+", text):
        raise ValueError(text)


checked("date", datetime.date.fromisoformat)
checked("date-time", lambda text: datetime.datetime.fromisoformat(re.sub(r"\.(\d+)", lambda m: "." + m[1].ljust(6, "0"), text.replace("Z", "+00:00"))))
checked("uuid", uuid.UUID)
checked("ipv4", ipaddress.IPv4Address)
checked("email", email)


def main(path):
    checked_replies = failed = 0
    schemas = set()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            schemas.add(json.dumps(record["schema"]))
            value = json.loads(record["reply"])
            validator = jsonschema.Draft202012Validator(record["schema"], format_checker=FORMATS)
            checked_replies += 1
            error = next(validator.iter_errors(value), None)
            if error:
                failed += 1
                if failed <= 10:
                    print(f"{record['reply']}\n  does not follow {json.dumps(record['schema'])}\n  {error.message}", file=sys.stderr)
    print(f"{checked_replies} replies of {len(schemas)} different schemas checked, {failed} do not follow theirs")
    return 1 if failed or not checked_replies else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
