"""The measurements of bench/run.sh. Standard library only."""
import argparse
import datetime
import fcntl
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/lib"))
from programs import Mock, Program, Serve, fetch, free_port, wait_until  # noqa: E402

BUILD = ROOT / "build/bench"
BINARY = os.environ.get("XROUTER") or str(BUILD / "apps/xrouter/xrouter")
LOAD = os.environ.get("XROUTER_LOAD") or str(BUILD / "bench/load_client")
ALLOC = os.environ.get("XROUTER_ALLOC") or str(BUILD / "bench/liballoc_count.so")
GATEWAY_CPU, OTHER_CPU = 0, 1  # the gateway has one core to itself; mock and load share the other
QUESTION = "What does a gateway add to a request? " * 24  # about 1 KB with the rest of the request
MODELS = {"alpha": "An answer.", "mock-router": "The router."}


def loopback_up():
    """A fresh network namespace has its loopback down."""
    with socket.socket() as any_socket:
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh", b"lo", 0)))[1]
        if not flags & 1:
            fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", flags | 1))


def pin(process, cpu):
    if (os.cpu_count() or 1) > 1:
        for thread in os.listdir(f"/proc/{process.pid}/task"):
            os.sched_setaffinity(int(thread), {cpu})


class Nginx(Program):
    def __init__(self, upstream_port):
        self.folder = tempfile.mkdtemp(prefix="xrouter-nginx-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        config = f"""
daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_buffer_size 64k;
  client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  upstream mock {{ server 127.0.0.1:{upstream_port}; keepalive 128; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{self.port}; location / {{ proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }}
}}"""
        path = os.path.join(self.folder, "nginx.conf")
        pathlib.Path(path).write_text(config)
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        super().__init__([nginx, "-p", self.folder, "-e", f"{self.folder}/error.log", "-c", path], "nginx")
        wait_until("nginx answers", lambda: self.check_alive() and answers(self.port, "/health"))


class Portkey(Program):
    def __init__(self):
        self.port = free_port()
        clients = pathlib.Path(os.environ.get("XROUTER_CLIENTS", ROOT / ".clients"))
        script = clients / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
        super().__init__(["node", str(script), f"--port={self.port}", "--headless"], "portkey")
        wait_until("Portkey answers", lambda: self.check_alive() and "Ready for connections" in self.output() and answers(self.port, "/"), 30)


def answers(port, path):
    try:
        return fetch(port, "GET", path, timeout=2)[0] == 200
    except OSError:
        return False


def serve_config(mock, policy, ledger):
    return {
        "server": {"workers": 1},
        "upstreams": [{"name": "mock", "base_url": mock.base_url, "models": list(MODELS)}],
        "models": {name: {"tier": "budget", "usd_per_mtok": {"input": "1", "output": "2"}, "description": text} for name, text in MODELS.items()},
        "offered": ["alpha"],
        "policy": policy,
        "ledger": {"enabled": ledger},
        "log_level": "warn",
    }


class Target:
    """Something to send requests to: its process, and the request as it wants it."""

    def __init__(self, name, program, model="alpha", headers=(), streams=True):
        self.name, self.program, self.model, self.headers, self.streams = name, program, model, list(headers), streams

    def body(self, stream):
        request = {"model": self.model, "messages": [{"role": "user", "content": QUESTION}]}
        if stream:
            request["stream"] = True
        return json.dumps(request)


def measure(target, connections, seconds, stream=False, rate=0):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        body.write(target.body(stream))
        body.flush()
        command = [LOAD, "--port", str(target.program.port), "--body", body.name, "--connections", str(connections), "--seconds", str(seconds), "--warm-up", str(min(1.0, seconds / 3)), "--rate", str(rate)]
        for header in target.headers:
            command += ["--header", header]
        if (os.cpu_count() or 1) > 1:
            command = ["taskset", "-c", str(OTHER_CPU), *command]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{target.name}: {done.stderr}")
    result = json.loads(done.stdout)
    if result["failed"] or not result["requests"]:
        raise SystemExit(f"{target.name}: {result['failed']} of {result['failed'] + result['requests']} requests failed")
    return result


def check_answer(target):
    """The benchmark must measure answers, not errors."""
    for stream in (False, True):
        status, _, text = fetch(target.program.port, "POST", "/v1/chat/completions", target.body(stream), dict(h.split(": ", 1) for h in target.headers))
        good = status == 200 and (b"[DONE]" in text if stream else b"the mock answer of alpha" in text)
        if stream and not good:
            target.streams = False
            print(f"note: {target.name} cannot stream here (it answers {status}: {text[:100]!r})", file=sys.stderr)
        elif not good:
            raise SystemExit(f"{target.name} answers {status}: {text[:500]!r}")


def allocations(mock, policy, model, ledger):
    """Allocations and bytes of one request, from the counts before and after 2,000 of them."""
    with tempfile.NamedTemporaryFile() as counts:
        os.environ["XROUTER_ALLOC_FILE"] = counts.name
        os.environ["LD_PRELOAD"] = ALLOC
        try:
            serve = Serve(serve_config(mock, policy, ledger), binary=BINARY)
        finally:
            del os.environ["LD_PRELOAD"]
        read = lambda: struct.unpack("QQ", pathlib.Path(counts.name).read_bytes())  # noqa: E731
        with serve:
            target = Target("allocations", serve, model)
            body = target.body(False)
            import http.client
            connection = http.client.HTTPConnection("127.0.0.1", serve.port)

            def ask(count):
                for _ in range(count):
                    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
                    assert connection.getresponse().read()

            ask(200)
            before = read()
            ask(2000)
            after = read()
            connection.close()
    return [(b - a) / 2000 for a, b in zip(before, after)]


def memory_kib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "load_at_start": os.getloadavg()[0], "commit": commit,
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "pinned": f"gateway on CPU {GATEWAY_CPU}, mock and load on CPU {OTHER_CPU}"}


ROWS = [  # key, connections, streaming
    ("c1", 1, False), ("c32", 32, False), ("stream", 1, True),
]


def run_rounds(targets, rounds, seconds):
    """{target: {row: [result per round]}}, the targets taken in turn so that slow drifts hit all alike."""
    results = {target.name: {key: [] for key, _, _ in ROWS} for target in targets}
    for number in range(rounds):
        for key, connections, stream in ROWS:
            order = targets if number % 2 == 0 else list(reversed(targets))
            for target in order:
                if stream and not target.streams:
                    continue
                results[target.name][key].append(measure(target, connections, seconds, stream))
        print(f"round {number + 1} of {rounds} done", file=sys.stderr, flush=True)
    return results


def median(values):
    return statistics.median(values)


def summarise(results):
    """Medians over rounds; "added" is each round's figure less the direct one of the same round."""
    direct = results["direct"]
    summary = {}
    for name, rows in results.items():
        row = {"per_second_c32": median([r["per_second"] for r in rows["c32"]]), "p99_c32_us": median([r["latency_us"]["p99"] for r in rows["c32"]])}
        for q in ("p50", "p99"):
            row[f"{q}_c1_us"] = median([r["latency_us"][q] for r in rows["c1"]])
            row[f"added_{q}_c1_us"] = median([r["latency_us"][q] - d["latency_us"][q] for r, d in zip(rows["c1"], direct["c1"])])
            if rows["stream"]:
                row[f"added_ttft_{q}_us"] = median([r["first_byte_us"][q] - d["first_byte_us"][q] for r, d in zip(rows["stream"], direct["stream"])])
        summary[name] = row
    return summary


def print_table(summary, extras):
    print("| target | p50 µs, c=1 | p99 µs, c=1 | added p50 | added p99 | requests/s, c=32 | p99 ms, c=32 | added TTFT p50 | added TTFT p99 | RSS MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name, row in summary.items():
        added = "| | " if name == "direct" else f"| {row['added_p50_c1_us']:.0f} | {row['added_p99_c1_us']:.0f} "
        no_ttft = name == "direct" or "added_ttft_p50_us" not in row
        ttft = "| | " if no_ttft else f"| {row['added_ttft_p50_us']:.0f} | {row['added_ttft_p99_us']:.0f} "
        print(f"| {name} | {row['p50_c1_us']:.0f} | {row['p99_c1_us']:.0f} {added}| {row['per_second_c32']:,.0f} | {row['p99_c32_us'] / 1000:.2f} {ttft}| {extras['rss_mib'].get(name, 0):.0f} |")
    ratio = lambda a, b: f"{a / b:.2f}" if b > 0 else "n/a"  # noqa: E731
    print()
    for name in ("serve, pass-through, no ledger", "serve, pass-through"):
        serve = summary[name]
        if "nginx" in summary:
            print(f"{name}: added p50 {ratio(serve['added_p50_c1_us'], summary['nginx']['added_p50_c1_us'])}, added p99 {ratio(serve['added_p99_c1_us'], summary['nginx']['added_p99_c1_us'])} times nginx's (aim: p99 at most 2)")
        if "portkey" in summary:
            print(f"{name}: throughput {ratio(serve['per_second_c32'], summary['portkey']['per_second_c32'])} times Portkey's (aim: at least 10)")
    for name, (turns, overhead) in extras["turn_overhead_us"].items():
        print(f"{name}: the engine and server spend {overhead:.0f} µs a turn beside waiting for upstreams, p50 (aim: at most 300); {turns} turn(s)")
    for name, (calls, size) in extras["allocations"].items():
        print(f"{name}: {calls:.0f} allocations, {size / 1024:.1f} KiB a request")


def turn_overhead(target, turns):
    """p50 of the request less all waiting for upstreams, from the ledger, divided by the turns."""
    done = subprocess.run([BINARY, "ledger", "--db", target.program.ledger, "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)["latency"]["overhead"]["p50_ms"] * 1000 / turns


def main():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s instead of 5 of 4 s")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--json", help="file for every figure")
    parser.add_argument("--without", action="append", default=[], choices=["nginx", "portkey"])
    options = parser.parse_args()
    rounds = options.rounds or (2 if options.quick else 5)
    seconds = options.seconds or (1 if options.quick else 4)
    loopback_up()
    context = machine()
    if context["load_at_start"] > 0.5:
        print(f"note: the machine is busy (load {context['load_at_start']:.1f}): figures will be high", file=sys.stderr)

    remote = {"kind": "remote", "model": "mock-router"}
    fixed = {"kind": "fixed", "model": "alpha"}
    with Mock({}, ["--record", "0"], binary=BINARY) as mock, Serve(serve_config(mock, fixed, False), binary=BINARY) as bare, \
            Serve(serve_config(mock, fixed, True), binary=BINARY) as one, Serve(serve_config(mock, remote, True), binary=BINARY) as two:
        targets = [Target("direct", mock)]
        if "nginx" not in options.without:
            targets.append(Target("nginx", Nginx(mock.port)))
        targets += [Target("serve, pass-through, no ledger", bare), Target("serve, pass-through", one), Target("serve, one turn", one, "xrouter"), Target("serve, two turns", two, "xrouter")]
        if "portkey" not in options.without:
            targets.append(Target("portkey", Portkey(), headers=["x-portkey-provider: openai", f"x-portkey-custom-host: {mock.base_url}", "authorization: Bearer none"]))
        try:
            pin(mock.process, OTHER_CPU)
            for target in targets[1:]:
                pin(target.program.process, GATEWAY_CPU)
                if target.name == "nginx":
                    workers = subprocess.run(["pgrep", "-P", str(target.program.process.pid)], capture_output=True, text=True).stdout.split()
                    for worker in workers:
                        os.sched_setaffinity(int(worker), {GATEWAY_CPU})
            for target in targets:
                check_answer(target)
            results = run_rounds(targets, rounds, seconds)
            extras = {"rss_mib": {t.name: memory_kib(t.program.process) / 1024 for t in targets if t.name != "nginx"}}
        finally:
            for target in targets:
                if isinstance(target.program, (Nginx, Portkey)):
                    target.program.__exit__()
        one.stop()
        two.stop()
        by_name = {target.name: target for target in targets}
        extras["turn_overhead_us"] = {"one turn and pass-through": (1, turn_overhead(by_name["serve, one turn"], 1)), "two turns": (2, turn_overhead(by_name["serve, two turns"], 2))}
        extras["allocations"] = {"pass-through, no ledger": allocations(mock, fixed, "alpha", False), "pass-through": allocations(mock, fixed, "alpha", True), "one turn": allocations(mock, fixed, "xrouter", True), "two turns": allocations(mock, remote, "xrouter", True)}
    summary = summarise(results)
    print(f"{context['date']}, commit {context['commit']}, {context['cpu']}, {context['cores']} cores, {context['pinned']}; medians of {rounds} interleaved rounds of {seconds:g} s\n")
    print_table(summary, extras)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"machine": context, "rounds": rounds, "seconds": seconds, "summary": summary, "extras": extras, "results": results}, indent=1))


main()
