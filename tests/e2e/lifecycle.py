"""Crash, cancellation and drain of `xrouter serve`, with the mock's counters and the ledger as witnesses. Standard library only.

  lifecycle.py [crash|cancel|drain|reload ...]     default: all
"""
import http.client
import json
import pathlib
import random
import signal
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from ledger import pico, requests, verified  # noqa: E402
from programs import Mock, Serve, fetch, wait_until  # noqa: E402

PRICES = {"fast": ("1", "2"), "slow": ("3", "15"), "late": ("0.5", "1.5"), "stall-head": ("1", "2"), "stall-first": ("1", "2"), "stall-mid": ("1", "2")}
SCRIPT = {
    "prices": {model: {"input": i, "output": o} for model, (i, o) in PRICES.items()},
    "rules": [
        {"when": {"model": "fast"}, "do": {"delay_ms": {"p0": 1, "p100": 300}}},
        {"when": {"model": "slow"}, "do": {"delay_ms": {"p0": 50, "p100": 1500}}},
        {"when": {"model": "late"}, "do": {"delay_ms": 1000}},
        {"when": {"model": "stall-head"}, "do": {"cut": {"how": "stall", "after": "request"}}},
        {"when": {"model": "stall-first"}, "do": {"cut": {"how": "stall", "after": "head"}}},
        {"when": {"model": "stall-mid"}, "do": {"text_bytes": 400, "cut": {"how": "stall", "events": 4}}},
    ],
}


def config_for(mock):
    return {
        "server": {"workers": 2, "header_hold_ms": 50, "keep_alive_comment_ms": 100, "drain_timeout_ms": 10000},
        "upstreams": [{"name": "mock", "base_url": mock.base_url, "models": list(PRICES), "max_in_flight": 1000}],
        "models": {model: {"tier": "budget", "usd_per_mtok": {"input": i, "output": o}} for model, (i, o) in PRICES.items()},
        "policy": {"kind": "fixed", "model": "fast"},
        "log_level": "warn",
    }


def chat(model, text, **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


class Client(threading.Thread):
    """One unary request; `reply` stays None when it did not come back whole."""

    def __init__(self, port, body):
        super().__init__(daemon=True)
        self.port, self.body, self.reply, self.status = port, body, None, None
        self.start()

    def run(self):
        try:
            self.status, _, text = fetch(self.port, "POST", "/v1/chat/completions", self.body, timeout=30)
            self.reply = json.loads(text)
        except (OSError, http.client.HTTPException, ValueError):
            pass


def cost_of(reply):
    return int(reply["router_metadata"]["total_cost_pico"])


def crash():
    """500 concurrent requests of different costs, kill -9 in the middle, restart."""
    chance = random.Random(5)
    bodies = [chat(chance.choice(["fast", "slow"]), "word " * chance.randint(1, 400)) for _ in range(500)]
    with Mock(SCRIPT) as mock, tempfile.TemporaryDirectory() as folder:
        with Serve(config_for(mock), folder=folder) as serve:
            clients = [Client(serve.port, body) for body in bodies]
            wait_until("half of the calls are done", lambda: mock.stats()["completed"] >= 250)
            serve.kill()
            for client in clients:
                client.join(10)
        answered = [client.reply for client in clients if client.status == 200 and client.reply]
        wait_until("the mock is idle", lambda: mock.stats()["in_flight"] == 0)
        charged = mock.stats()["charged_pico"]
        with Serve(config_for(mock), folder=folder) as serve:
            after = [fetch(serve.port, "POST", "/v1/chat/completions", chat("fast", "after the crash")) for _ in range(5)]
            assert all(status == 200 for status, _, _ in after)
            serve.stop()
        report = verified(serve.ledger)
        rows = requests(serve.ledger)
    by_id = {row["id"]: row for row in rows}
    assert len(by_id) == len(rows), "a request is booked twice"
    assert len(rows) <= len(bodies) + len(after), (len(rows), "more requests than were sent")
    for reply in answered:
        row = by_id.get(reply["id"])
        assert row, f"{reply['id']} was answered and is not in the ledger"
        assert pico(row["cost_usd"]) == cost_of(reply), (row, cost_of(reply))
    assert len({cost_of(reply) for reply in answered}) > 100, "the costs are meant to differ"
    # A request that was under way is booked at what was reserved for it: an upper bound, and marked as an estimate.
    lost = [row for row in rows if row["status"] == "lost"]
    assert all(row["estimated"] for row in lost), lost[:1]
    cost = lambda row: pico(row["cost_usd"] or row.get("known_usd") or 0)  # noqa: E731
    paid_after = sum(cost_of(json.loads(body)) for _, _, body in after)
    settled = sum(cost(row) for row in rows if row["status"] != "lost") - paid_after
    booked = settled + sum(cost(row) for row in lost)
    told = sum(cost_of(reply) for reply in answered)
    assert told <= settled <= charged <= booked, (told, settled, charged, booked)
    assert booked + paid_after == pico(report["lines_usd"]), "the report adds up"
    print(f"crash: {len(answered)} of 500 requests were answered before kill -9; all are booked once, to the pico-dollar; {len(lost)} under way are "
          f"marked lost, at what was reserved.\n       told to clients {told} <= settled {settled} <= charged by the upstream {charged} <= booked {booked}")


def leave(port, body, until):
    """Sends a request, reads until `until(bytes)` holds, and closes the connection."""
    text = json.dumps(body).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(text) + text)
        seen = b""
        connection.settimeout(10)
        while not until(seen):
            seen += connection.recv(4096)


def cancel():
    """The client leaves in each of the three windows; the upstream call must end each time."""
    windows = [
        ("waiting for headers", chat("stall-head", "hi"), "cancelled_before_head", None),
        ("before the first token", chat("stall-first", "hi", stream=True), "cancelled_before_first", None),
        ("mid-stream", chat("stall-mid", "hi", stream=True), "cancelled_mid_response", b"mock text"),
    ]
    rounds = 20
    with Mock(SCRIPT) as mock, Serve(config_for(mock)) as serve:
        for name, body, counter, sign in windows:
            mock.reset()
            slowest = 0.0
            for number in range(rounds):
                begun = mock.stats()["started"]
                if sign:
                    leave(serve.port, body, lambda seen: sign in seen)
                else:
                    leave(serve.port, body, lambda _: wait_until("the call has begun", lambda: mock.stats()["in_flight"] == 1 and mock.stats()["started"] == begun + 1))
                left = time.monotonic()
                wait_until(f"{name}: the upstream call is cancelled", lambda: mock.stats()[counter] == number + 1, 5)
                slowest = max(slowest, time.monotonic() - left)
            stats = mock.stats()
            assert stats["in_flight"] == 0 and stats["cancelled"] == stats["started"] == rounds, stats
            print(f"cancel: {name}: {rounds} of {rounds} upstream calls cancelled, the slowest {slowest * 1000:.0f} ms after the client left")
        serve.stop()
        verified(serve.ledger)
        rows = requests(serve.ledger)
    assert len(rows) == 3 * rounds and all(row["status"] == "cancelled" for row in rows), {row["status"] for row in rows}
    print(f"cancel: the ledger has all {len(rows)} requests as cancelled, {sum(pico(row['cost_usd'] or row.get('known_usd') or 0) > 0 for row in rows)} of them with a cost")


def drain():
    """SIGTERM: what is under way is answered, nothing new is taken, the exit code is 0."""
    with Mock(SCRIPT) as mock, Serve(config_for(mock)) as serve:
        clients = [Client(serve.port, chat("late", "hi " * i)) for i in range(1, 41)]
        wait_until("all calls are under way", lambda: mock.stats()["in_flight"] == 40)
        idle = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=5)
        idle.request("GET", "/health")
        assert idle.getresponse().read()
        begun = time.monotonic()
        code = serve.stop(15)
        took = time.monotonic() - begun
        for client in clients:
            client.join(5)
        assert code == 0, code
        assert all(client.status == 200 and client.reply for client in clients), [client.status for client in clients]
        refused = False
        try:
            fetch(serve.port, "GET", "/health", timeout=2)
        except OSError:
            refused = True
        assert refused, "the port is closed"
        report = verified(serve.ledger)
        assert report["requests"] == 40 and pico(report["requests_usd"]) == sum(cost_of(client.reply) for client in clients) == mock.stats()["charged_pico"]
    print(f"drain: 40 requests under way were answered in {took:.2f} s after SIGTERM, exit code 0, ledger = responses = upstream's charges")


def reload():
    """SIGHUP: requests to come see the new file, those under way keep the old one, a file with a slip changes nothing."""
    with Mock(SCRIPT) as mock, Serve(config_for(mock)) as serve:
        path = pathlib.Path(serve.folder, "xrouter.yaml")
        config = json.loads(path.read_text())
        config["log_level"] = "info"
        idle = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=5)

        def models():
            idle.request("GET", "/v1/models")  # always the same connection: sockets stay
            return {model["id"] for model in json.loads(idle.getresponse().read())["data"]}

        def hang_up(text, sign):
            path.write_text(text)
            serve.process.send_signal(signal.SIGHUP)
            wait_until(f"the log has '{sign}'", lambda: sign in serve.output())

        assert "late" in models()
        under_way = Client(serve.port, chat("late", "hi"))
        wait_until("the call is under way", lambda: mock.stats()["in_flight"] == 1)
        config["upstreams"][0]["models"] = ["fast", "brand-new"]
        config["models"] = {"fast": config["models"]["fast"], "brand-new": config["models"]["slow"]}
        hang_up(json.dumps(config, indent=1), "is in force")
        wait_until("every worker has it", lambda: all("brand-new" in models() and "late" not in models() for _ in range(8)))
        assert fetch(serve.port, "POST", "/v1/chat/completions", chat("late", "hi"))[0] == 404
        assert fetch(serve.port, "POST", "/v1/chat/completions", chat("brand-new", "hi"))[0] == 200
        under_way.join(10)
        assert under_way.status == 200, "a request under way keeps its model"
        slip = json.dumps({**config, "polizy": {}}, indent=1)
        line = 1 + slip[:slip.index('"polizy"')].count("\n")
        hang_up(slip, f"xrouter.yaml:{line}:")
        assert "brand-new" in models() and fetch(serve.port, "POST", "/v1/chat/completions", chat("fast", "hi"))[0] == 200
        for _ in range(50):
            serve.process.send_signal(signal.SIGHUP)
            assert fetch(serve.port, "POST", "/v1/chat/completions", chat("fast", "hi"))[0] == 200
        hang_up(json.dumps({**config, "server": {**config["server"], "workers": 3}}, indent=1), "server.workers has changed")
        assert serve.stop() == 0
        report = verified(serve.ledger)
        assert report["requests"] == 53, report
    print("reload: new models and a refused file by SIGHUP; the request under way and the connection stayed; 50 more reloads under requests")


TESTS = {"crash": crash, "cancel": cancel, "drain": drain, "reload": reload}
for wanted in sys.argv[1:] or TESTS:
    TESTS[wanted]()
