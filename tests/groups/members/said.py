"""What every Python member shares: its options, what it says, and how it is told to leave."""

import argparse
import json
import signal
import sys


def options():
    arguments = argparse.ArgumentParser()
    for name in ("bootstrap", "group", "topic"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--commit", choices=("sync", "async", "auto"), default="sync")
    arguments.add_argument("--instance")
    arguments.add_argument("--session-ms", type=int, default=6000)
    arguments.add_argument("--protocol", choices=("classic", "consumer"), default="classic")
    return arguments.parse_args()


class Leaving:
    """True once SIGTERM came."""

    def __init__(self):
        self.is_so = False
        signal.signal(signal.SIGTERM, self._leave)

    def _leave(self, *_):
        self.is_so = True

    def __bool__(self):
        return self.is_so


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def say_assigned(partitions):
    say(assigned=sorted(partitions))


def say_read(values):
    sys.stdout.write("".join(json.dumps({"value": value.decode()}) + "\n" for value in values))
    sys.stdout.flush()
