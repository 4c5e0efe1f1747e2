"""Several upstreams and keys: `xrouter models check` tells what can be used, and `xrouter serve` goes on where it can.
Standard library only.

  upstreams.py [check|failover ...]     default: all
"""
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from ledger import ask  # noqa: E402
from programs import Mock, Serve, fetch, free_port, xrouter_binary  # noqa: E402

SCRIPT = {"prices": {"fast": {"input": "1", "output": "2"}, "vendor/slow": {"input": "1", "output": "2"}}}
MODELS = {name: {"tier": "budget", "usd_per_mtok": {"input": "1", "output": "2"}} for name in ("fast", "slow")}
KEYS = {"GOOD_KEY": "sk-good-0123456789", "DEAD_KEY": "sk-dead-0123456789"}


class Guarded(http.server.BaseHTTPRequestHandler):
    """A list of models that only the good key may read."""

    def do_GET(self):
        good = self.headers.get("authorization") == "Bearer " + KEYS["GOOD_KEY"]
        body = json.dumps({"data": [{"id": "fast"}]} if good and self.path == "/v1/models" else {"error": {"message": f"bad key {self.headers.get('authorization')}"}}).encode()
        self.send_response(200 if good else 401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def models_check(upstreams, models=None, more=None):
    config = {"upstreams": upstreams, "models": models or MODELS, "policy": {"kind": "fixed", "model": "fast"}, **(more or {})}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(config, file)
        file.flush()
        began = time.monotonic()
        done = subprocess.run([xrouter_binary(), "models", "check", "--timeout", "2", "--config", file.name], capture_output=True, text=True, env={**os.environ, **KEYS})
        took = time.monotonic() - began
    for key in KEYS.values():
        assert key not in done.stdout + done.stderr, "a key was printed"
    return done.returncode, done.stdout, done.stderr, took


def rows(table):
    return {tuple(line.split()[:2]): line for line in table.splitlines()}


def check():
    with Mock(SCRIPT) as mock:
        code, table, errors, _ = models_check([{"name": "one", "base_url": mock.base_url, "models": {"fast": "fast", "slow": "vendor/slow"}}])
        assert code == 0, (code, table, errors)
        assert rows(table)["fast", "one"].endswith("listed") and rows(table)["slow", "one"].endswith("vendor/slow     listed"), table
        print(table)

        code, table, errors, _ = models_check([{"name": "one", "base_url": mock.base_url, "models": ["fast", "slow"]}])
        assert code == 1 and rows(table)["slow", "one"].endswith("not listed"), (code, table)
        assert "not everything that is configured can be used" in errors, errors

        guarded = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
        threading.Thread(target=guarded.serve_forever, daemon=True).start()
        upstreams = [
            {"name": "one", "base_url": mock.base_url, "models": ["fast"]},
            {"name": "keyed", "base_url": f"http://127.0.0.1:{guarded.server_port}/v1", "api_key": ["env:GOOD_KEY", "env:DEAD_KEY"], "models": ["fast"]},
            {"name": "gone", "base_url": f"http://127.0.0.1:{free_port()}/v1", "models": ["fast"]},
        ]
        code, table, errors, _ = models_check(upstreams)
        guarded.shutdown()
        found = {line.split()[0]: line for line in table.splitlines() if line}
        assert code == 1, (code, table)
        assert "key refused (HTTP 401)" in found["keyed#2"] and "ok" in found["keyed#1"], table
        assert "cannot be reached" in found["gone"], table
        assert rows(table)["fast", "keyed"].endswith("listed") and rows(table)["fast", "gone"].endswith("upstream not usable"), table
        print(table)

        # Sixteen servers that accept and never answer, eight at a time, two seconds each.
        silent = [socket.create_server(("127.0.0.1", 0)) for _ in range(16)]
        many = [{"name": f"s{i}", "base_url": f"http://127.0.0.1:{s.getsockname()[1]}/v1", "models": ["fast"]} for i, s in enumerate(silent)]
        code, table, errors, took = models_check(many)
        assert code == 1 and table.count("no answer in time") == 16, (code, table)
        assert 3.9 < took < 8, took

    done = subprocess.run([xrouter_binary(), "models", "check"], capture_output=True, text=True)
    assert done.returncode == 0 and "ok, recorded answers" in done.stdout, (done.returncode, done.stdout, done.stderr)
    print(f"check: listed, unlisted, refused and unreachable are told apart; 16 silent upstreams in {took:.1f} s; the recorded pool is reported as such")


def failover():
    failing = {**SCRIPT, "rules": [{"when": {"model": "fast"}, "do": {"status": 503}}]}
    with Mock(failing) as first, Mock(SCRIPT) as second:
        upstreams = [{"name": "first", "base_url": first.base_url, "models": ["fast"]}, {"name": "second", "base_url": second.base_url, "models": ["fast"]}]
        config = {"upstreams": upstreams, "models": MODELS, "policy": {"kind": "fixed", "model": "fast"}, "breaker": {"consecutive_failures": 3, "open_for_ms": 60000}, "server": {"workers": 1}, "log_level": "error"}
        with Serve(config) as serve:
            ids = []
            for _ in range(10):
                status, headers, body = fetch(serve.port, "POST", "/v1/chat/completions", {"model": "xrouter", "messages": [{"role": "user", "content": "hi"}]})
                assert status == 200, (status, body)
                ids.append(json.loads(body)["id"])
            metrics = fetch(serve.port, "GET", "/metrics")[2].decode()
            assert serve.stop() == 0
            shown = ask(serve.ledger, "show", ids[0])
            assert [line["deployment"] for line in shown["attempt_list"]] == ["first", "second"], shown
        assert 'xrouter_breaker_state{upstream="first"} 2' in metrics, metrics
        tried = first.stats()["started"]
        assert tried == 3 and second.stats()["started"] == 10, (tried, second.stats())
    print("failover: 10 requests answered by the second deployment; the first was tried 3 times, until its breaker opened")


TESTS = {"check": check, "failover": failover}
for wanted in sys.argv[1:] or TESTS:
    TESTS[wanted]()
