"""The client programs that tests/run plays, in the order of its report."""

import os
import shutil
import sys
from dataclasses import dataclass, field
from typing import Callable

import environments
from environments import TESTS

ALL = ("none", "gzip", "snappy", "lz4", "zstd")
BEFORE_ZSTD = ALL[:-1]


@dataclass(frozen=True)
class Program:
    name: str
    prepare: Callable      # returns the command without its options; raises CannotPrepare or NotHere
    codecs: tuple = ()     # empty: not a client of the scenario, it takes --bootstrap alone
    idempotent: bool = False
    environment: dict = field(default_factory=dict)
    tells_kafka_apart: bool = False  # takes --kafka
    starts_brokers: bool = False  # takes --broker instead of --bootstrap
    slowness: float = 1.0  # how much longer than others it may take
    waits: bool = False  # more than it works, for sessions to run out: it plays beside the others
    knows_long: bool = False  # takes --long


def kcat():
    environments.need("kcat", "it is a package of Debian")
    return [sys.executable, TESTS / "clients" / "kcat" / "client.py"]


def python(requirements, program, newest=None):
    def prepare():
        interpreter = environments.python_at_most(*newest) if newest else sys.executable
        return [environments.python_with(requirements, interpreter), TESTS / "clients" / "python" / program]
    return prepare


def where_installed(tool, prepare):
    """Without `tool` on the PATH the client is skipped; with it, not being able to run it is a failure."""
    def prepare_if_there():
        if shutil.which(tool) is None:
            raise environments.NotHere(f"{tool} is not on the PATH")
        return prepare()
    return prepare_if_there


def java(version, generation):
    def prepare():
        folder = TESTS / "clients" / "java"
        sources = sorted(folder.glob("common/*.java")) + sorted(folder.glob(f"{generation}/*.java"))
        return environments.java_command(version, sources, "Client")
    return where_installed("java", prepare)


def java_admin():
    return environments.java_command("4.3.1", sorted((TESTS / "tools").glob("*.java")), "AdminCheck")


def go(name):
    return where_installed("go", lambda: [environments.go_program(name)])


def node():
    modules = environments.node_modules()
    return ["env", f"NODE_PATH={modules}", shutil.which("node"), TESTS / "clients" / "node" / "client.js"]


def wire():
    return [sys.executable, TESTS / "wire" / "bad_input.py"]


def start():
    return [sys.executable, TESTS / "start" / "refusals.py"]


def handover():
    folder = TESTS / "handover"
    environments.java_command("4.3.1", sorted(folder.glob("*.java")), "Handover", folder / "pom.xml")
    return [sys.executable, folder / "handover.py"]


def groups(client, tool=None):
    """A client's members in consumer groups; their libraries are those of the client itself."""
    def prepare():
        sys.path.insert(0, os.fspath(TESTS / "groups"))
        from members import CLIENTS
        CLIENTS[client].prepare()
        return [sys.executable, TESTS / "groups" / "groups.py", "--client", client]
    return Program(f"groups {client}", where_installed(tool, prepare) if tool else prepare, starts_brokers=True,
                   slowness=2, waits=True, knows_long=True)


def java_consumer_protocol():
    sources = [*sorted((TESTS / "groups" / "java").glob("*.java")), TESTS / "tools" / "Check.java"]
    return environments.java_command("4.3.1", sources, "NewProtocol")


def compaction():
    handover()
    return [sys.executable, TESTS / "handover" / "compaction.py"]


def kafka_first():
    handover()
    return [sys.executable, TESTS / "handover" / "kafka_first.py"]


def groups_move():
    handover()
    return [sys.executable, TESTS / "handover" / "groups_move.py"]


TOPIC_TOOL = {"ODRADEK_TOPIC_TOOL": os.fspath(TESTS / "lib" / "topic.py")}

PROGRAMS = (
    Program("start", start, starts_brokers=True),
    Program("handover", where_installed("java", handover), starts_brokers=True, slowness=2),
    Program("handover, Kafka first", where_installed("java", kafka_first), starts_brokers=True, slowness=2),
    Program("handover, groups", where_installed("java", groups_move), starts_brokers=True, slowness=2),
    Program("compaction", where_installed("java", compaction), starts_brokers=True, slowness=2),
    Program("wire", wire, tells_kafka_apart=True),
    Program("kcat", kcat, ALL, idempotent=True),
    Program("confluent-kafka", python("confluent", "confluent.py"), ALL, idempotent=True),
    Program("kafka-python", python("kafka-python", "kafkapython.py"), ALL, idempotent=True),
    Program("kafka-python 1.4.7", python("kafka-python-1.4.7", "kafkapython.py", newest=(3, 11)), BEFORE_ZSTD),
    Program("aiokafka", python("aiokafka", "aio.py"), ALL, idempotent=True),
    Program("java 4.3.1", java("4.3.1", "modern"), ALL, idempotent=True),
    Program("java 2.0.1", java("2.0.1", "modern"), BEFORE_ZSTD, idempotent=True),
    Program("java 0.11.0.3", java("0.11.0.3", "headers"), BEFORE_ZSTD, idempotent=True),
    Program("java 0.10.2.2", java("0.10.2.2", "plain"), BEFORE_ZSTD, environment=TOPIC_TOOL),
    Program("java admin 4.3.1", where_installed("java", java_admin)),
    Program("franz-go", go("franz"), ALL, idempotent=True),
    Program("sarama", go("sarama"), ALL, idempotent=True),
    Program("kafka-go", go("kafkago"), ALL),
    groups("kcat"),
    groups("confluent-kafka"),
    groups("confluent-kafka, consumer protocol"),
    groups("kafka-python"),
    groups("aiokafka"),
    groups("java 4.3.1", "java"),
    groups("java 4.3.1, consumer protocol", "java"),
    groups("java 2.0.1", "java"),
    groups("java 0.11.0.3", "java"),
    groups("java 0.10.2.2", "java"),
    groups("franz-go", "go"),
    groups("sarama", "go"),
    groups("kafka-go", "go"),
    groups("kafkajs", "node"),
    Program("java 4.3.1 consumer protocol", where_installed("java", java_consumer_protocol)),
    Program("kafkajs", where_installed("node", node), ("none", "gzip", "snappy"), idempotent=True),
)
