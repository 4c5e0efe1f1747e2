"""Runs the official clients against `xrouter serve`, against the odd streams and against `xrouter host`, and prints the
tables. See run.sh."""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import clean_stream  # noqa: E402
import odd_streams  # noqa: E402
from programs import ROOT, Mock, ScriptedHost, Serve, fetch  # noqa: E402

CLIENTS = pathlib.Path(os.environ.get("XROUTER_CLIENTS", ROOT / ".clients"))
KEY = "sk-conformance"
PRESETS = ["400", "401", "429-long", "429-once", "500", "500-once", "503-once", "bad-http", "bad-json", "comments", "context", "crlf", "cut",
           "drip", "empty", "error-200", "filter", "html", "length", "no-done", "parallel-tools", "quota", "refusal", "reset", "reset-once",
           "router", "spaced-done", "split", "stall", "tools", "usage-cached", "usage-last"]
# These make serve rest an upstream and its key, so each gets an upstream of its own.
RESTING = ["mock-401", "mock-quota", "mock-429-long"]
RULES = [
    {"when": {"model": "schema"}, "do": {"text": {"answer": 42}}},
    {"when": {"model": "late-cut"}, "do": {"text_bytes": 400, "cut": {"how": "reset", "events": 5}}},
    {"when": {"model": "slow-start"}, "do": {"ttft_ms": 700}},
    {"when": {"model": "alpha", "prompt": "use a tool please", "turn": 1}, "do": {"tool_calls": [{"name": "$0", "arguments": {"city": "Rome"}}]}},
]


def config_for(mock):
    offered = ["alpha", "beta"]
    others = ["schema", "late-cut", "slow-start"] + [f"mock-{name}" for name in PRESETS] + [f"odd-{row['name']}" for row in odd_streams.ROWS]
    spec = {"tier": "budget", "usd_per_mtok": {"input": "1", "output": "2"}, "capabilities": {"vision": True}, "description": "A model of the mock."}
    limits = {"base_url": mock.base_url, "attempt_timeout_ms": 5000, "first_token_timeout_ms": 4000, "idle_timeout_ms": 2000}
    shared = [name for name in offered + others if name not in RESTING]
    upstreams = [{"name": "mock", "models": shared, **limits}] + [{"name": name, "models": [name], **limits} for name in RESTING]
    return {
        "server": {"api_key_hashes": ["sha256:" + hashlib.sha256(KEY.encode()).hexdigest()], "keep_alive_comment_ms": 100, "header_hold_ms": 200, "workers": 1},
        "upstreams": upstreams,
        "models": {name: spec for name in offered + others},
        "offered": offered,
        "policy": {"kind": "remote", "model": "mock-router"},
        "retry": {"max_attempts": 2, "backoff_base_ms": 10, "max_retry_after_ms": 1000},
        "breaker": {"consecutive_failures": 0},
        "episode": {"deadline_ms": 20000},
        "log_level": "warn",
    }


def clients_for(base_url, *arguments):
    """Command lines of the three clients: for a check suite (python, node script) and its arguments."""
    return lambda python, node: {
        "python": [str(CLIENTS / "python/bin/python"), str(HERE / python), base_url, *arguments],
        "node6": ["node", str(HERE / "node" / node), str(CLIENTS / "node6/node_modules"), base_url, *arguments],
        "node7": [str(CLIENTS / "node22"), str(HERE / "node" / node), str(CLIENTS / "node7/node_modules"), base_url, *arguments],
    }


def run_json_lines(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or not lines:
        raise SystemExit(f"{command[1]} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return lines


def check_clients(target, behind):
    """{check: {client: None or why not}}; `behind` is the mock's URL, or "host"."""
    table = {}
    for client, command in clients_for(target.base_url, behind)("python_client.py", "client.mjs").items():
        for line in run_json_lines(command):
            table.setdefault(line["check"], {})[client] = None if line["ok"] else line["why"]
    return table


def check_odd_streams_directly(mock):
    """{row: {client: {mode: observed}}} and the differences from what is recorded in odd_streams.py."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as rows:
        json.dump(odd_streams.ROWS, rows)
        rows.flush()
        seen, differences = {}, []
        for client, command in clients_for(mock.base_url, rows.name)("python_rejects.py", "rejects.mjs").items():
            for row, line in zip(odd_streams.ROWS, run_json_lines(command), strict=True):
                for mode in ("raw", "accumulator"):
                    observed = line[mode]["outcome"]
                    seen.setdefault(row["name"], {}).setdefault(client, {})[mode] = observed
                    if observed != row[mode][client]:
                        differences.append(f"{row['name']} {client} {mode}: recorded {row[mode][client]}, now {observed} ({line[mode]['detail']})")
    return seen, differences


def outcome_through(serve, row, include_usage):
    request = {"model": f"odd-{row['name']}", "messages": [{"role": "user", "content": "hi"}], "stream": True, **row["request"]}
    request.pop("auto_parse", None)
    if include_usage:
        request["stream_options"] = {"include_usage": True}
    status, headers, body = fetch(serve.port, "POST", "/v1/chat/completions", request, {"authorization": f"Bearer {KEY}"})
    try:
        if status != 200:
            error = json.loads(body)["error"]
            clean_stream.expect(all(key in error for key in ("message", "type", "param", "code")), f"error body {body[:200]}")
            return f"{status} {error['code']}", None
        clean_stream.expect(headers["content-type"].startswith("text/event-stream"), f"content-type {headers['content-type']}")
        return clean_stream.check_stream(body, request["model"], include_usage, request.get("n", 1)), None
    except (clean_stream.Unclean, ValueError, KeyError) as problem:
        return "UNCLEAN", f"{row['name']} (include_usage={include_usage}): {type(problem).__name__}: {problem}\n{body.decode(errors='replace')[-1500:]}"


def check_odd_streams_through(serve):
    outcomes, problems = {}, []
    for row in odd_streams.ROWS:
        for include_usage in (False, True):
            outcome, problem = outcome_through(serve, row, include_usage)
            outcomes[row["name"]] = outcome
            if problem:
                problems.append(problem)
    return outcomes, problems


def print_checks(title, checks, names, file):
    print(f"| {title} | " + " | ".join(names.values()) + " |\n|---|---|---|---|", file=file)
    for check, results in checks.items():
        print(f"| {check.replace('_', ' ')} | " + " | ".join("ok" if results.get(c, "missing") is None else "FAILED" for c in names) + " |", file=file)


def print_tables(clients, of_host, seen, through, file):
    names = {"python": "Python", "node6": "Node 6.49", "node7": "Node 7.57"}
    print_checks("check", clients, names, file)
    print(file=file)
    print_checks("check of host", of_host, names, file)
    print("\n| upstream sends | mode | " + " | ".join(names.values()) + " | through serve |\n|---|---|---|---|---|---|", file=file)
    for row in odd_streams.ROWS:
        for mode in ("raw", "accumulator"):
            cells = " | ".join(seen[row["name"]][c][mode] for c in names)
            print(f"| {row['says'] if mode == 'raw' else ''} | {mode} | {cells} | {through[row['name']] if mode == 'raw' else ''} |", file=file)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--markdown", help="write the tables to this file")
    options = arguments.parse_args()
    script = {"rules": RULES + odd_streams.mock_rules(), "prices": {"*": {"input": "1", "output": "2"}}}
    with Mock(script, ["--record", "64"]) as mock:
        seen, differences = check_odd_streams_directly(mock)
        with Serve(config_for(mock)) as serve:
            clients = check_clients(serve, f"http://127.0.0.1:{mock.port}")
            through, unclean = check_odd_streams_through(serve)
            serve.check_alive()
    with ScriptedHost(KEY) as host:
        of_host = check_clients(host, "host")
        host.check_alive()
    print_tables(clients, of_host, seen, through, sys.stdout)
    if options.markdown:
        with open(options.markdown, "w") as file:
            print_tables(clients, of_host, seen, through, file)
    failures = [f"{client}: {check}: {why}" for table in (clients, of_host) for check, results in table.items() for client, why in results.items() if why]
    problems = failures + differences + unclean
    for problem in problems:
        print("FAILED", problem)
    print(f"\n{len(clients)} checks of serve and {len(of_host)} of host x 3 clients, {len(odd_streams.ROWS)} odd streams: {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
