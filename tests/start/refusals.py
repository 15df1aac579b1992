#!/usr/bin/env python3
"""Starts that a broker must refuse, and how it starts and stops otherwise: refusals.py --broker BINARY.

A refusal is an exit status other than 0 and a sentence that says what is wrong; nothing on the disk changes.
"""

import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "wire"))

import requests
import wire
from broker import Broker, free_port

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def tree(root):
    """Everything below `root`: directories by name, files by name and content.

    `.lock` stays unread: closing any descriptor of a file drops the locks that this process holds on it.
    """
    found = {}
    for path in sorted(root.rglob("*")):
        found[str(path.relative_to(root))] = None if path.is_dir() or path.name == ".lock" else path.read_bytes()
    return found


@contextlib.contextmanager
def stopped_broker(binary):
    """A broker that ran with one topic and stopped cleanly, so that its directory can be tried again."""
    with Broker(binary) as broker:
        with wire.Connection(broker.bootstrap) as connection:
            must(wire.create_topic(connection, "kept")[0] == 0, "the topic is not created")
        broker.stop()
        yield broker


def must_serve(broker, topic):
    """A broker takes its ports before its locks: only one that answers has both."""
    with wire.Connection(broker.bootstrap) as connection:
        must(wire.create_topic(connection, topic)[0] == 0, "it does not serve")


def must(holds, complaint):
    if not holds:
        raise AssertionError(complaint)


def try_start(binary, settings, home, patience=10):
    """Runs the broker with these settings until it ends; returns (exit status or None, its output)."""
    command = [binary, "start"]
    for setting in settings:
        command += ["--set", setting]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               cwd=home, env={**os.environ, "HOME": str(home)})
    try:
        output = process.communicate(timeout=patience)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return None, process.communicate()[0].decode(errors="replace")
    return process.returncode, output.decode(errors="replace")


def expect_refused(broker, words, settings=(), listener=None):
    """The broker's directory with these settings is refused, its output speaking of `words`; nothing changes there."""
    listener = listener or f"PLAINTEXT://127.0.0.1:{free_port()}"
    before = tree(broker.data_dir) if broker.data_dir.exists() else None
    status, output = try_start(broker.binary, [f"log.dirs={broker.data_dir}", f"listeners={listener}",
                                               f"advertised.listeners={listener}", *settings], broker.root)
    must(status is not None, f"it runs, with {list(settings) or listener}")
    must(status > 0, f"it ended with status {status}:\n{output[-800:]}")
    for word in words:
        must(word in output, f"its output does not speak of {word!r}:\n{output[-800:]}")
    must(before == (tree(broker.data_dir) if broker.data_dir.exists() else None), "its directory changed")


@check
def an_idle_broker_stops_within_a_second(binary):
    with Broker(binary) as broker:
        started = time.monotonic()
        broker.stop()
        took = time.monotonic() - started
        must(took < 1.5, f"it took {took:.1f} s")


@check
def interrupt_stops_it_too(binary):
    with Broker(binary) as broker:
        broker.process.send_signal(signal.SIGINT)
        must(broker.process.wait(10) == 0, f"status {broker.process.returncode}")
        must((broker.data_dir / ".kafka_cleanshutdown").exists(), "no .kafka_cleanshutdown")


@check
def a_restart_finds_its_topics(binary):
    with stopped_broker(binary) as broker:
        broker.start()
        with wire.Connection(broker.bootstrap) as connection:
            must(wire.metadata(connection, ["kept"])["kept"] == (0, [0]), "the topic is gone")
        must(not (broker.data_dir / ".kafka_cleanshutdown").exists(), ".kafka_cleanshutdown stays while it runs")
        broker.stop()


@check
def a_topic_made_anew_takes_no_offsets_of_the_old_one(binary):
    batch = wire.record_batch([wire.record(n) for n in range(10)])
    with Broker(binary) as broker:
        with wire.Connection(broker.bootstrap) as connection:
            must(wire.create_topic(connection, "anew")[0] == 0, "the topic is not created")
            must(requests.produce(connection, "anew", batch)[0] == 0, "the batch is not taken")
            must(requests.delete_records(connection, "anew", 7) == (0, 7), "its first records are not deleted")
        broker.stop()
        broker.start()
        with wire.Connection(broker.bootstrap) as connection:
            must(wire.delete_topic(connection, "anew") == 0, "the topic is not deleted")
        broker.stop()
        for restart in range(2):
            broker.start()
            with wire.Connection(broker.bootstrap) as connection:
                if restart == 0:
                    must(wire.create_topic(connection, "anew")[0] == 0, "the topic is not created again")
                    must(requests.produce(connection, "anew", batch)[0] == 0, "the batch is not taken again")
                start = requests.list_offset(connection, "anew", requests.EARLIEST)
                end = requests.list_offset(connection, "anew", requests.LATEST)
                must((start, end) == ((0, 0), (0, 10)), f"run {restart}: it goes from {start} to {end}")
            broker.stop()


@check
def a_topic_made_anew_takes_no_offsets_of_the_old_one_after_a_crash(binary):
    batch = wire.record_batch([wire.record(n) for n in range(10)])
    with Broker(binary) as broker:
        with wire.Connection(broker.bootstrap) as connection:
            must(wire.create_topic(connection, "anew")[0] == 0, "the topic is not created")
            must(requests.produce(connection, "anew", batch)[0] == 0, "the batch is not taken")
            must(requests.delete_records(connection, "anew", 7) == (0, 7), "its first records are not deleted")
        broker.stop()  # the checkpoints now say that the topic begins at 7
        broker.start()
        with wire.Connection(broker.bootstrap) as connection:
            must(wire.delete_topic(connection, "anew") == 0, "the topic is not deleted")
            must(wire.create_topic(connection, "anew")[0] == 0, "the topic is not created again")
            must(requests.produce(connection, "anew", batch)[0] == 0, "the batch is not taken again")
        broker.kill()
        broker.start()
        with wire.Connection(broker.bootstrap) as connection:
            start = requests.list_offset(connection, "anew", requests.EARLIEST)
            end = requests.list_offset(connection, "anew", requests.LATEST)
            must((start, end) == ((0, 0), (0, 10)), f"it goes from {start} to {end}")
        broker.stop()


@check
def a_second_process_on_the_same_directory_is_refused(binary):
    with Broker(binary) as broker:
        must_serve(broker, "first")
        listener = f"PLAINTEXT://127.0.0.1:{free_port()}"
        status, output = try_start(binary, [f"log.dirs={broker.data_dir}", f"listeners={listener}"], broker.root)
        must(status is not None and status > 0, f"status {status}")
        must(str(broker.data_dir) in output, f"it does not name the directory:\n{output[-800:]}")
        must_serve(broker, "still-served")
        broker.stop()


@check
def a_directory_locked_as_java_does_is_refused(binary):
    with stopped_broker(binary) as broker:
        with open(broker.data_dir / ".lock", "a+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            expect_refused(broker, [str(broker.data_dir)])


@check
def its_lock_is_one_that_java_sees(binary):
    with Broker(binary) as broker:
        must_serve(broker, "locked")
        with open(broker.data_dir / ".lock", "a+b") as lock:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            raise AssertionError(".lock can be taken while the broker runs")


@check
def a_port_taken_is_refused(binary):
    with stopped_broker(binary) as broker, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        expect_refused(broker, [str(port)], listener=f"PLAINTEXT://127.0.0.1:{port}")


@check
def a_directory_of_another_node_is_refused(binary):
    with stopped_broker(binary) as broker:
        expect_refused(broker, ["7", "node"], ["node.id=7"])


@check
def directories_of_two_clusters_are_refused(binary):
    with stopped_broker(binary) as broker, stopped_broker(binary) as other:
        before = tree(other.data_dir)
        expect_refused(broker, ["cluster"], [f"log.dirs={broker.data_dir},{other.data_dir}"])
        must(before == tree(other.data_dir), "the other directory changed")


@check
def one_directory_under_two_names_is_refused(binary):
    with stopped_broker(binary) as broker:
        link = broker.root / "link"
        link.symlink_to(broker.data_dir)
        expect_refused(broker, [str(link)], [f"log.dirs={broker.data_dir},{link}"])


@check
def a_directory_of_something_else_is_refused_as_it_is(binary):
    with stopped_broker(binary) as broker:
        home = broker.root / "home"
        (home / "photographs").mkdir(parents=True)
        expect_refused(broker, [str(home), "photographs"], [f"log.dirs={home}"])
        must(set(tree(home)) <= {"photographs", ".lock"}, "a directory that was never ours changed")
        (broker.data_dir / "photographs").mkdir()
        expect_refused(broker, [str(broker.data_dir), "photographs"])


@check
def a_file_instead_of_a_directory_is_refused(binary):
    with stopped_broker(binary) as broker:
        (broker.root / "file").write_text("not a directory")
        inside = broker.root / "file" / "data"
        expect_refused(broker, [str(inside)], [f"log.dirs={inside}"])


@check
def bad_values_are_refused_with_name_and_value(binary):
    with stopped_broker(binary) as broker:
        for name, value in (("log.retention.hours", "soon"), ("num.partitions", "0"), ("log.segment.bytes", "-1"),
                            ("compression.type", "rar"), ("listeners", "nonsense")):
            expect_refused(broker, [name, value], [f"{name}={value}"])
            expect_refused(broker, [name, value], [f" {name} = {value} "])


@check
def settings_whose_neglect_would_endanger_data_are_refused(binary):
    with stopped_broker(binary) as broker:
        for name, value in (("sasl.enabled.mechanisms", "PLAIN"), ("ssl.client.auth", "required"),
                            ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
                            ("process.roles", "broker"), ("process.roles", "controller"),
                            ("controller.quorum.voters", "1@127.0.0.1:9093,2@127.0.0.1:9094"),
                            ("remote.log.storage.system.enable", "true")):
            expect_refused(broker, [name], [f"{name}={value}"])
        for protocol in ("SSL", "SASL_PLAINTEXT", "SASL_SSL"):
            expect_refused(broker, [protocol], listener=f"{protocol}://127.0.0.1:{free_port()}")


@check
def running_out_of_descriptors_harms_no_client_that_is_there(binary):
    limit, before = 400, resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
    with Broker(binary) as broker:
        resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        with wire.Connection(broker.bootstrap) as client, contextlib.ExitStack() as crowd:
            must(wire.create_topic(client, "before")[0] == 0, "CreateTopics at first")
            for _ in range(2 * limit):
                # Without waiting: once accepting pauses and the backlog is full, connecting takes as long as that.
                waiting = crowd.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", broker.port))
            must(wire.metadata(client, ["before"])["before"][0] == 0, "the first client is not served any more")
        deadline = time.monotonic() + 10
        while not can_connect(broker):
            must(time.monotonic() < deadline, "no new client is served after the crowd went")
        broker.stop()


def can_connect(broker):
    try:
        with wire.Connection(broker.bootstrap, timeout=1) as connection:
            return wire.metadata(connection, ["before"])["before"][0] == 0
    except (OSError, wire.Closed):
        time.sleep(0.1)
        return False


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--broker", required=True)
    arguments.add_argument("--only", default="", help="checks with this in their name")
    options = arguments.parse_args()
    failures = 0
    for one in CHECKS:
        if options.only not in one.__name__:
            continue
        started = time.monotonic()
        try:
            one(os.path.abspath(options.broker))
            ok, detail = True, ""
        except AssertionError as failure:
            ok, detail = False, str(failure)
        except Exception:
            ok, detail = False, traceback.format_exc(limit=-3)
        failures += not ok
        print(json.dumps({"step": one.__name__.replace("_", " "), "ok": ok, "detail": detail,
                          "seconds": round(time.monotonic() - started, 2)}), flush=True)
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
