"""The clients that play in groups: how each one's member is started, and what it cannot do."""

import pathlib
import sys
from dataclasses import dataclass
from typing import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))

import environments

HERE = pathlib.Path(__file__).resolve().parent


@dataclass(frozen=True)
class GroupClient:
    prepare: Callable  # the command of a member, without its options
    commits: tuple = ("sync", "async", "auto")
    without: tuple = ()  # steps it is not made for
    long: tuple = ("five members", "pause")  # steps that are played with --long only
    options: tuple = ()
    commits_before: bool = True  # can commit before it works, and hears whether that went well
    # When it is interrupted, a record that it has already been given may be committed without having been printed. So
    # does kcat with Apache Kafka, too, in a third of all interruptions while records flow.
    drops_when_interrupted: bool = False
    # What it has fetched before a pause still comes.
    pauses_at_once: bool = True
    # A static member of the consumer protocol that was killed stays until its session ends: it goes, and comes back.
    static_leaves: bool = False


def python(requirements, program):
    return lambda: [environments.python_with(requirements), HERE / program]


def kcat():
    environments.need("kcat", "it is a package of Debian")
    return [sys.executable, HERE / "kcat_member.py"]


def java(version, polling="modern"):
    return lambda: environments.java_command(version, [HERE / "Member.java", HERE / polling / "Polling.java"], "Member")


def go(name):
    return lambda: [environments.go_program(name)]


def node():
    modules = environments.node_modules()
    return ["env", f"NODE_PATH={modules}", "node", HERE / "kafkajs_member.js"]


NEW = ("--protocol", "consumer")  # KIP-848
# What others play in every run.
SELDOM = ("five members", "killed member", "killed broker", "regular expression", "seek", "pause", "commits before work")

CLIENTS = {
    "confluent-kafka": GroupClient(python("confluent", "confluent_member.py"), long=()),
    # It ends when no broker is left.
    "kcat": GroupClient(kcat, commits=("auto",), without=("killed broker", "broker killed again and again", "seek", "pause"),
                        commits_before=False, drops_when_interrupted=True),
    "java 4.3.1": GroupClient(java("4.3.1"), long=()),
    "java 2.0.1": GroupClient(java("2.0.1"), without=("static restart",)),
    "java 0.11.0.3": GroupClient(java("0.11.0.3", "old"), without=("static restart",), long=SELDOM),
    "java 0.10.2.2": GroupClient(java("0.10.2.2", "old"), without=("static restart",), long=SELDOM),
    "franz-go": GroupClient(go("franzmember"), commits=("sync", "auto")),
    "sarama": GroupClient(go("saramamember"), commits=("sync", "auto"), without=("regular expression", "seek"),
                          commits_before=False, pauses_at_once=False, long=SELDOM),
    "kafka-go": GroupClient(go("kafkagomember"), commits=("sync",), long=SELDOM,
                            without=("static restart", "regular expression", "seek", "pause")),
    "kafka-python": GroupClient(python("kafka-python", "kafkapython_member.py"), without=("static restart",)),
    "aiokafka": GroupClient(python("aiokafka", "aio_member.py"), commits=("sync", "auto"), without=("static restart",)),
    "confluent-kafka, consumer protocol": GroupClient(python("confluent", "confluent_member.py"), long=(),
                                                      static_leaves=True, options=NEW),
    "java 4.3.1, consumer protocol": GroupClient(java("4.3.1"), long=(), static_leaves=True, options=NEW),
    "kafkajs": GroupClient(node, commits=("auto",), without=("static restart", "regular expression"),
                           commits_before=False, pauses_at_once=False),
}
