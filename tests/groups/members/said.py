"""What every Python member shares: its options, what it says, and how it is told to leave."""

import argparse
import json
import signal
import sys
import time


def options():
    arguments = argparse.ArgumentParser()
    for name in ("bootstrap", "group", "topic"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--commit", choices=("sync", "async", "auto", "before"), default="sync")
    arguments.add_argument("--instance")
    arguments.add_argument("--session-ms", type=int, default=6000)
    arguments.add_argument("--protocol", choices=("classic", "consumer"), default="classic")
    arguments.add_argument("--play", choices=("", "seek", "pause"), default="")
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


class Plays:
    """After the first records, once: goes back to where the partitions begin, or is paused for a while."""

    def __init__(self, what, seek, pause, resume):
        self.what = what
        self.deeds = {"seek": seek, "pause": pause}
        self.resume = resume
        self.paused_until = None

    def once(self):
        if self.what:
            self.deeds[self.what]()
            if self.what == "seek":
                say(sought=0)
            else:
                self.paused_until = time.monotonic() + 1.5
                say(paused=True)
            self.what = ""

    def in_time(self):
        """Between two polls."""
        if self.paused_until and time.monotonic() > self.paused_until:
            self.paused_until = None
            say(paused=False)
            self.resume()


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def say_assigned(partitions):
    say(assigned=sorted(partitions))


def say_read(values):
    sys.stdout.write("".join(json.dumps({"value": value.decode()}) + "\n" for value in values))
    sys.stdout.flush()
