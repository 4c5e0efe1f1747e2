#!/usr/bin/env python3
"""Converts a Parquet file to JSON Lines (gzip when the name ends in .gz), for `xrouter eval`.

  python3 -m venv ~/.venvs/parquet && ~/.venvs/parquet/bin/pip install pyarrow
  ~/.venvs/parquet/bin/python tools/parquet_to_jsonl.py benchmark.parquet benchmark.jsonl.gz

Row groups are read one after another, so a file may be larger than memory. Bytes become UTF-8 text,
dates ISO text, whole decimals keep their digits; anything else that JSON lacks is an error.
"""
import datetime
import decimal
import gzip
import json
import sys


def plain(value):
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    raise TypeError(f"a value of type {type(value).__name__} has no JSON form")


def convert(source, target):
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        sys.exit(f"pyarrow is missing:\n{__doc__.strip().splitlines()[2]}")
    rows = 0
    # No time and no name in the gzip header: the same rows give the same bytes.
    raw = open(target, "wb")
    out = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if target.endswith(".gz") else raw
    with raw, out:
        for batch in parquet.ParquetFile(source).iter_batches(batch_size=256):
            for row in batch.to_pylist():
                out.write(json.dumps(row, ensure_ascii=False, default=plain).encode() + b"\n")
                rows += 1
    print(f"{rows} rows written to {target}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    convert(sys.argv[1], sys.argv[2])
