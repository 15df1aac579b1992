#!/usr/bin/env python3
"""Sends a broker what no good client sends, and looks at what it answers: bad_input.py --bootstrap HOST:PORT.

Every expectation is what Apache Kafka 4.3.1 does, except that Kafka answers UNKNOWN_SERVER_ERROR to some bad batches,
and takes a record of any unpacked size: `--kafka` expects that instead. The limits assumed are the default ones
(socket.request.max.bytes, message.timestamp.after.max.ms, message.max.bytes).
"""

import argparse
import json
import pathlib
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import checks
# Importing them registers their checks, in this order.
import frames, batches, topics, offsets, hoarding, groups, consumer_groups  # noqa


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bootstrap", required=True)
    arguments.add_argument("--only", default="", help="checks with this in their name")
    arguments.add_argument("--kafka", action="store_true", help="the broker is Apache Kafka itself")
    options = arguments.parse_args()
    broker = checks.Broker(options.bootstrap, options.kafka)
    failures = 0
    for one in checks.CHECKS:
        if options.only not in one.__name__:
            continue
        started = time.monotonic()
        try:
            one(broker)
            ok, detail = True, ""
        except AssertionError as failure:
            ok, detail = False, str(failure)
        except Exception:
            ok, detail = False, traceback.format_exc(limit=-3)
        failures += not ok
        print(json.dumps({"step": one.__name__.replace("_", " "), "ok": ok, "detail": detail,
                          "seconds": round(time.monotonic() - started, 2)}), flush=True)
    broker.clean_up()
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
