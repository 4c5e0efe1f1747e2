"""What `xrouter ledger` says, with money as integers of pico-dollars."""
import decimal
import json
import subprocess

from programs import xrouter_binary


def pico(usd):
    amount = decimal.Decimal(usd) * 10**12
    assert amount == int(amount), usd
    return int(amount)


def ask(database, *arguments):
    done = subprocess.run([xrouter_binary(), "ledger", *arguments, "--db", database, "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"xrouter ledger {' '.join(arguments)} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def verified(database):
    """The verify report; fails when a total does not equal its lines."""
    report = ask(database, "verify")
    assert report["sound"] and not report["faults"], report
    assert pico(report["lines_usd"]) == pico(report["requests_usd"]), report
    return report


def requests(database):
    return ask(database, "requests", "-n", "1000000")["requests"]
