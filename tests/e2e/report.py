"""The page of `xrouter eval` in a real browser: it loads without an error and without asking for anything, on a desk and on
a phone, in light and dark, and its browser of questions filters. Exit 77 (skipped) without a Chromium on this machine.

Speaks the DevTools protocol over pipes, so Python alone will do.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from programs import SKIPPED, xrouter_binary  # noqa: E402

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SIZES = {"desk": (1280, 900), "phone": (390, 800)}


class Browser:
    """A headless browser with one page, and everything that the page complained about or asked for."""

    def __init__(self, program, profile):
        self.complaints, self.requests, self.loaded, self.number, self.rest = [], [], False, 0, b""
        to_browser, self.out = os.pipe()
        self.inp, from_browser = os.pipe()

        def hand_over():  # the browser reads from 3 and writes to 4
            spare = os.dup2(to_browser, 10), os.dup2(from_browser, 11)
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        options = ["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}"]
        self.process = subprocess.Popen([program, *options], preexec_fn=hand_over, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self):
        """It ends when nobody writes to it any more. What it leaves behind, or if it hangs, is killed with its group."""
        os.close(self.out)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.inp)

    def message(self):
        """The next one. Those that came with it stay for the next call: an event may follow an answer at once."""
        while b"\0" not in self.rest:
            piece = os.read(self.inp, 1 << 16)
            if not piece:
                raise RuntimeError("the browser ended")
            self.rest += piece
        first, self.rest = self.rest.split(b"\0", 1)
        return json.loads(first)

    def note(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled" or method == "Log.entryAdded":
            self.complaints.append(params)
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def call(self, method, params=None):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params or {}}
        if hasattr(self, "session"):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while (answer := self.message()).get("id") != self.number:
            self.note(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, url, size, scheme):
        width, height = size
        self.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.loaded = False
        self.call("Page.navigate", {"url": url})
        while not self.loaded:
            self.call("Runtime.evaluate", {"expression": "1"})

    def value(self, expression):
        result = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")


def filtered(browser, system, grade):
    """Questions listed for a system and a grade, and the verdicts that the list shows."""
    browser.value(f"document.getElementById('f-system').value='{system}'; document.getElementById('f-grade').value='{grade}';"
                  "document.getElementById('filters').dispatchEvent(new Event('input', {bubbles: true}))")
    browser.value("new Promise((done) => setTimeout(done, 300))")
    return browser.value("document.querySelectorAll('#list > details').length"), browser.value("[...document.querySelectorAll('#list .verdict')].map((v) => v.textContent)")


def open_everywhere(browser, url):
    """In light and dark, on each size of window; yields when the page is open."""
    for scheme, background in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 22, 27)")):
        for name, size in SIZES.items():
            browser.open(url, size, scheme)
            assert browser.value("getComputedStyle(document.body).backgroundColor") == background, (scheme, name)
            assert browser.value("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
            yield


def assert_quiet(browser):
    assert not browser.complaints, browser.complaints
    outside = [r for r in browser.requests if not r.startswith(("file:", "data:"))]
    assert not outside, outside


def in_browser(check, page):
    """check(browser, address) of the page that page(folder) makes. Returns the exit code."""
    program = os.environ.get("XROUTER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        print("no Chromium here")
        return SKIPPED
    # A helper of the browser that is being killed may still write to its profile: no reason to fail.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        address = page(pathlib.Path(folder)).resolve().as_uri()
        browser = Browser(program, folder + "/profile")
        try:
            check(browser, address)
        finally:
            browser.close()
    return 0


def check(browser, url):
    for _ in open_everywhere(browser, url):
        assert browser.value("document.querySelectorAll('.plot .pt').length") > 10
    right, verdicts = filtered(browser, 0, 1)
    assert right > 0 and all("right" in v for v in verdicts), verdicts
    wrong, verdicts = filtered(browser, 0, 0)
    assert wrong > 0 and all("wrong" in v for v in verdicts), verdicts
    browser.value("document.querySelector('#list > details').open = true")
    browser.value("new Promise((done) => setTimeout(done, 100))")
    assert browser.value("document.querySelector('#list > details').querySelectorAll('.sample').length") > 5
    browser.value("document.getElementById('theme').click()")
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert_quiet(browser)


def page(folder):
    if len(sys.argv) > 1:
        return pathlib.Path(sys.argv[1])
    subprocess.run([xrouter_binary(), "eval", "--limit", "40", "--draws", "200", "--skip-bad", "--out", str(folder / "run")], check=True, stdout=subprocess.DEVNULL)
    return folder / "run/report.html"


def main():
    code = in_browser(check, page)
    if code == 0:
        print("report: loads cleanly in light and dark, on desk and phone; filters work; asks for nothing")
    return code


if __name__ == "__main__":
    sys.exit(main())
