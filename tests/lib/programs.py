"""Starts and stops the programs that the tests across processes need. Standard library only.

XROUTER names the binary; otherwise the newest of build/{release,debug,bench} is taken.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77  # exit code: a registry is out of reach; ctest shows it as skipped


def xrouter_binary():
    if os.environ.get("XROUTER"):
        return os.environ["XROUTER"]
    built = [ROOT / "build" / kind / "apps/xrouter/xrouter" for kind in ("release", "debug", "bench")]
    built = [path for path in built if path.exists()]
    if not built:
        raise SystemExit("no xrouter binary: build the target xrouter first, or set XROUTER to its path")
    return str(max(built, key=lambda path: path.stat().st_mtime))


def test_program(name):
    """A program of the tests, built beside the binary."""
    path = pathlib.Path(xrouter_binary()).resolve().parents[2] / "tests" / name
    if not path.exists():
        raise SystemExit(f"no {path}: build the target {name} first")
    return str(path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(port, method, path, body=None, headers=None, timeout=30):
    """(status, headers, bytes) of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        text = json.dumps(body) if isinstance(body, (dict, list)) else body
        connection.request(method, path, text, {"content-type": "application/json", **(headers or {})})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def wait_until(what, condition, seconds=10.0):
    """Polls until `condition` gives something true; the last value is in the error otherwise."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds} s (last: {value!r})")
        time.sleep(0.02)


class Program:
    """A child process with its output in a file."""

    def __init__(self, arguments, name, environment=None):
        self.name = name
        self.log_path = tempfile.NamedTemporaryFile(prefix=f"xrouter-{name}-", suffix=".log", delete=False).name
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})

    def output(self):
        return pathlib.Path(self.log_path).read_text(errors="replace")

    def check_alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.output()[-4000:]}")
        return True

    def stop(self, seconds=15):
        """SIGTERM and the exit code; SIGKILL when it does not end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s of SIGTERM:\n{self.output()[-4000:]}")

    def kill(self):
        self.process.kill()
        return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()
        os.unlink(self.log_path)


class Mock(Program):
    """`xrouter mock` on a free port. `script` is a dict as docs/mock.md describes it."""

    def __init__(self, script=None, arguments=(), binary=None):
        self.script_path = None
        command = [binary or xrouter_binary(), "mock", "--listen", "127.0.0.1:0", *arguments]
        if script is not None:
            with tempfile.NamedTemporaryFile("w", prefix="xrouter-mock-", suffix=".json", delete=False) as file:
                json.dump(script, file)
            self.script_path = file.name
            command += ["--script", self.script_path]
        super().__init__(command, "mock")
        wait_until("the mock listens", lambda: self.check_alive() and "listens on" in self.output())
        self.port = int(re.search(r"listens on http://[^ ]*:(\d+)/v1", self.output()).group(1))
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    def stats(self):
        return json.loads(fetch(self.port, "GET", "/__stats")[2])

    def requests(self):
        return json.loads(fetch(self.port, "GET", "/__requests")[2])["requests"]

    def reset(self):
        fetch(self.port, "POST", "/__reset", "")

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        if self.script_path:
            os.unlink(self.script_path)


class Serve(Program):
    """`xrouter serve` on a free port. `config` is a dict as docs/configuration.md describes it (JSON is YAML)."""

    def __init__(self, config, binary=None, folder=None, port=None, patience=20):
        self.folder = folder or tempfile.mkdtemp(prefix="xrouter-serve-")
        self.port = port or free_port()
        config = json.loads(json.dumps(config))
        config.setdefault("server", {})["listen"] = f"127.0.0.1:{self.port}"
        config.setdefault("ledger", {}).setdefault("path", os.path.join(self.folder, "ledger.db"))
        self.ledger = config["ledger"]["path"]
        path = os.path.join(self.folder, "xrouter.yaml")
        with open(path, "w") as file:
            json.dump(config, file, indent=1)
        super().__init__([binary or xrouter_binary(), "serve", "--config", path], "serve")
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        wait_until("serve is ready", self.ready, patience)

    def ready(self):
        self.check_alive()
        try:
            return fetch(self.port, "GET", "/ready", timeout=2)[0] == 200
        except OSError:
            return False


class ScriptedHost(Program):
    """`xrouter host` on a free port, but with the scripted model of tests/conformance/scripted_host.cpp, named alpha."""

    def __init__(self, key=None, binary=None):
        environment = {"XROUTER_HOST_KEY": key} if key else {}
        super().__init__([binary or test_program("scripted_host"), "127.0.0.1:0"], "host", environment)
        wait_until("the host listens", lambda: self.check_alive() and "listens on" in self.output())
        self.port = int(re.search(r"listens on port (\d+)", self.output()).group(1))
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
