"""Event files for TensorBoard, against TensorBoard itself (tensorboard 2.21, from PyPI).

    event_files.py            writes event_files.bin beside this file with TensorBoard's own protobufs and record writer:
                              what src/xrouter/trainer/record/tensorboard_test.cpp must write byte for byte
    event_files.py RUN        reads the events of a training run as TensorBoard does and compares them with metrics.jsonl

Exit 77 (skipped) where tensorboard is not installed.
"""
import io
import json
import math
import pathlib
import struct
import sys

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter
except ImportError:
    print("no tensorboard here")
    sys.exit(77)

WALL_TIME = 1_700_000_000.25
STEPS = [
    (1, [("reward/total", 0.1), ("call_share/gpt-4o", 0.25)]),
    (300, [("reward/total", -1.5), ("loss/total", 1e-8)]),
]


def write_golden(path):
    out = io.BytesIO()
    out.close = lambda: None
    writer = RecordWriter(out)
    writer.write(Event(wall_time=WALL_TIME, file_version="brain.Event:2").SerializeToString())
    for step, scalars in STEPS:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in scalars])
        writer.write(Event(wall_time=WALL_TIME, step=step, summary=summary).SerializeToString())
    writer.flush()
    path.write_bytes(out.getvalue())
    print(f"{path.name}: {len(out.getvalue())} bytes")


def as_float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def check(run):
    expected = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        values = json.loads(line)
        step = values.pop("step")
        values.pop("stage")
        for name, value in values.items():
            if value is not None:
                expected.setdefault(name, []).append((step, as_float32(value)))
    read = EventAccumulator(str(run), size_guidance={"scalars": 0})
    read.Reload()
    tags = set(read.Tags()["scalars"])
    assert tags == set(expected), tags ^ set(expected)
    for tag in tags:
        events = [(event.step, event.value) for event in read.Scalars(tag)]
        assert events == expected[tag], tag
        assert all(math.isfinite(value) for _, value in events)
    print(f"tensorboard reads {len(tags)} curves, {sum(map(len, expected.values()))} values, as metrics.jsonl has them")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        check(pathlib.Path(sys.argv[1]))
    else:
        write_golden(pathlib.Path(__file__).with_suffix(".bin"))
