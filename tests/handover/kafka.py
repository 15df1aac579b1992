"""Apache Kafka itself, on a data directory that a broker left; and its tools, inside one Java process."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))

import environments
from broker import free_port

VERSION = "4.3.1"


class Trouble(Exception):
    pass


def java(main):
    """The command that runs `main`, a class of Kafka or of this folder."""
    return [str(part) for part in environments.java_command(VERSION, sorted(HERE.glob("*.java")), main,
                                                            HERE / "pom.xml", name="Handover")]


class Tools:
    """One process of Handover.java: obeys one command after the other."""

    def __init__(self, log_path):
        self.log = open(log_path, "ab")
        command = java("Handover")
        command.insert(1, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.log.close()

    def ask(self, *words, patience=180):
        """Returns once the command is done; raises Trouble when it failed."""
        watchdog = threading.Timer(patience, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
            self.process.stdin.flush()
            answer = self.process.stdout.readline().decode(errors="replace").strip()
        finally:
            watchdog.cancel()
        if answer != "ok":
            raise Trouble(f"{words[0]}: {answer or 'no answer'}"[:3000])


def properties(log_dirs, port, controller_port):
    """server.properties of one combined node."""
    return f"""process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://localhost:{port},CONTROLLER://localhost:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={','.join(map(str, log_dirs))}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
group.initial.rebalance.delay.ms=0
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
log.cleaner.dedupe.buffer.size=4194304
"""


class Kafka:
    """One process of Apache Kafka on `log_dirs`. Use as a context manager."""

    def __init__(self, root, log_dirs):
        self.root = pathlib.Path(root)
        self.port, self.controller_port = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.log_path = self.root / "kafka.log"
        self.settings = self.root / "server.properties"
        self.settings.write_text(properties(log_dirs, self.port, self.controller_port))
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def start(self, patience=180):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([*java("kafka.Kafka"), str(self.settings)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.root,
                                            env={**os.environ, "HOME": str(self.root)})
        deadline = time.monotonic() + patience
        while "Kafka Server started" not in self.log_path.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Trouble(f"Kafka did not start:\n{self.complaints() or self.log_tail()}")
            time.sleep(0.1)

    def stop(self, patience=120):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Trouble(f"Kafka still runs {patience} s after SIGTERM:\n{self.log_tail()}") from None

    def complaints(self):
        """The warnings and errors of its log."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if " WARN " in line or " ERROR " in line)

    def log_tail(self, lines=30):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])
