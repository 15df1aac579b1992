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
    options: tuple = ()


def python(requirements, program):
    return lambda: [environments.python_with(requirements), HERE / program]


def kcat():
    environments.need("kcat", "it is a package of Debian")
    return [sys.executable, HERE / "kcat_member.py"]


def java(version):
    return lambda: environments.java_command(version, [HERE / "Member.java"], "Member")


def go(name):
    return lambda: [environments.go_program(name)]


def node():
    modules = environments.node_modules()
    return ["env", f"NODE_PATH={modules}", "node", HERE / "kafkajs_member.js"]


NEW = ("--protocol", "consumer")  # KIP-848

CLIENTS = {
    "confluent-kafka": GroupClient(python("confluent", "confluent_member.py")),
    # It ends when no broker is left; and when it is interrupted, a record may be committed that it has not printed.
    "kcat": GroupClient(kcat, commits=("auto",), without=("killed broker", "two members")),
    "java 4.3.1": GroupClient(java("4.3.1")),
    "java 2.0.1": GroupClient(java("2.0.1"), without=("static restart",)),
    "franz-go": GroupClient(go("franzmember"), commits=("sync", "auto")),
    "kafka-python": GroupClient(python("kafka-python", "kafkapython_member.py"), without=("static restart",)),
    "aiokafka": GroupClient(python("aiokafka", "aio_member.py"), commits=("sync", "auto"), without=("static restart",)),
    "confluent-kafka, consumer protocol": GroupClient(python("confluent", "confluent_member.py"), without=("static restart",),
                                                     options=NEW),
    "java 4.3.1, consumer protocol": GroupClient(java("4.3.1"), without=("static restart",), options=NEW),
    "kafkajs": GroupClient(node, commits=("auto",), without=("static restart", "regular expression")),
}
