"""A member with kcat's balanced consumer, which commits by itself; its words are put into ours."""

import re
import signal
import subprocess
import sys
import threading

import said

options = said.options()
command = ["kcat", "-b", options.bootstrap, "-G", options.group, "-X", "auto.offset.reset=earliest",
           "-X", f"session.timeout.ms={options.session_ms}", "-X", "heartbeat.interval.ms=500",
           "-X", "auto.commit.interval.ms=500", "-X", "topic.metadata.refresh.interval.ms=2000",
           "-X", "reconnect.backoff.max.ms=500", "-f", "%s\n", "-u"]
if options.instance:
    command += ["-X", f"group.instance.id={options.instance}"]
process = subprocess.Popen([*command, options.topic], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))


def hear():
    # % Group mine rebalanced (memberid rdkafka-...): assigned: topic [0], topic [1]
    for line in process.stderr:
        if "rebalanced" in line:
            found = re.findall(r"(\S+) \[(\d+)\]", line.split(": ", 1)[1]) if "assigned" in line else []
            said.say_assigned([(topic, int(number)) for topic, number in found])
        else:
            sys.stderr.write(line)


listener = threading.Thread(target=hear)
listener.start()
for line in process.stdout:
    said.say(value=line.rstrip("\n"))
process.wait()
listener.join()
