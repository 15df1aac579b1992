"""The steps of a program: each prints one line of JSON, as tests/run wants it, and the first that fails is the last."""

import argparse
import json
import os
import pathlib
import sys
import time
import traceback

import kafka

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from broker import Broker


class Complaint(Exception):
    pass


def step(name, action):
    started = time.monotonic()
    try:
        action()
        ok, detail = True, ""
    except Complaint as complaint:
        ok, detail = False, str(complaint)
    except Exception:
        ok, detail = False, traceback.format_exc(limit=-3)
    print(json.dumps({"step": name, "ok": ok, "detail": detail, "seconds": round(time.monotonic() - started, 2)}),
          flush=True)
    return ok


def arguments(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", required=True)
    return parser


def play(description, steps_of):
    """Plays steps_of(broker, tools), pairs of name and action, and ends the process."""
    options = arguments(description).parse_args()
    broker = Broker(os.path.abspath(options.broker), shards=2)
    try:
        with kafka.Tools(broker.root / "tools.log") as tools:
            ok = all(step(name, action) for name, action in steps_of(broker, tools))
    finally:
        broker.kill()
        broker.remove()
    raise SystemExit(0 if ok else 1)
