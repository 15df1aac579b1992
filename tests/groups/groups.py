#!/usr/bin/env python3
"""Consumer groups with real clients: every record reaches the group, whatever happens to its members and the broker.

    tests/groups/groups.py --broker build/odradek --client confluent-kafka
    tests/groups/groups.py --broker build/odradek --client kcat --step "two members"
    tests/groups/groups.py --broker build/odradek --client "java 4.3.1" --long

A member is a program of its own (members/), which says on its standard output what it is assigned and what it reads, as
lines of JSON, and leaves its group cleanly when it gets SIGTERM.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import traceback

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "wire")]

import requests
import wire
from broker import Broker
from members import CLIENTS

PARTITIONS = 5
KILLS = 50  # of the broker, with --long
SESSION_MS = 6_000
SETTINGS = ("group.initial.rebalance.delay.ms=200",
            f"group.consumer.min.session.timeout.ms={SESSION_MS}", f"group.consumer.session.timeout.ms={SESSION_MS}",
            "group.consumer.min.heartbeat.interval.ms=500", "group.consumer.heartbeat.interval.ms=500")


class Failed(Exception):
    pass


def wait_until(is_so, complaint, patience=60.0):
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise Failed(complaint() if callable(complaint) else complaint)
        time.sleep(0.05)


class Member:
    """One member, as a process; what it says is collected as it comes."""

    def __init__(self, command, bootstrap, group, topic, commit, instance=None, play=None, session_ms=SESSION_MS):
        command = [*map(str, command), "--bootstrap", bootstrap, "--group", group, "--topic", topic,
                   "--commit", commit, "--session-ms", str(session_ms)]
        if instance:
            command += ["--instance", instance]
        if play:
            command += ["--play", play]
        self.assigned = set()
        self.assignments = 0
        self.values = []
        self.said = []  # all but values, with how many values came before
        self.errors = []
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.threads = [threading.Thread(target=self._listen), threading.Thread(target=self._hear_errors)]
        for thread in self.threads:
            thread.start()

    def _listen(self):
        for line in self.process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if "assigned" in said:
                self.assigned = {tuple(partition) for partition in said["assigned"]}
                self.assignments += 1
            if "value" in said:
                self.values.append(said["value"])
            else:
                self.said.append((next(iter(said.items())), len(self.values)))

    def _hear_errors(self):
        self.errors = self.process.stderr.read().splitlines()[-10:]

    def leave(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed("a member still ran 30 s after SIGTERM") from None
        for thread in self.threads:
            thread.join()

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for thread in self.threads:
            thread.join()


class Source:
    """Writes numbered records, spread over the partitions; while the broker is away it tries again and again."""

    def __init__(self, bootstrap, topic):
        self.bootstrap = bootstrap
        self.topic = topic
        self.written = 0
        self.connection = None
        self.flowing = threading.Event()
        self.ended = threading.Event()
        self.turn = threading.Lock()
        self.thread = threading.Thread(target=self._flow)
        self.thread.start()

    def write(self, count):
        with self.turn:
            numbers = range(self.written, self.written + count)
            self.written += count
            for partition in range(PARTITIONS):
                values = [f"value-{number}".encode() for number in numbers if number % PARTITIONS == partition]
                if values:
                    batch = wire.record_batch([wire.record(at, value=value) for at, value in enumerate(values)],
                                              timestamp=int(time.time() * 1000))
                    self._produce(batch, partition)

    def _produce(self, batch, partition):
        deadline = time.monotonic() + 30
        while True:
            try:
                if self.connection is None:
                    self.connection = wire.Connection(self.bootstrap)
                error = requests.produce(self.connection, self.topic, batch, partition)[0]
                if error == 0:
                    return
            except (OSError, wire.Closed):
                self.connection = None
                error = "the connection broke"
            if time.monotonic() > deadline:
                raise Failed(f"cannot write: {error}")
            time.sleep(0.1)

    def _flow(self):
        while not self.ended.is_set():
            if self.flowing.is_set():
                self.write(20)
            time.sleep(0.02)

    def flow(self, is_on):
        if is_on:
            self.flowing.set()
            return
        self.flowing.clear()
        with self.turn:
            pass

    def close(self):
        self.ended.set()
        self.thread.join()


class Play:
    """One client against one broker."""

    def __init__(self, client, broker):
        self.client = client
        self.broker = broker
        self.command = [*client.prepare(), *client.options]
        self.members = []
        self.number = 0

    def begin(self):
        self.number += 1
        self.topic = f"groups-{self.number}"
        self.group = f"group-{self.number}"
        self.members = []
        with wire.Connection(self.broker.bootstrap) as connection:
            error, message = wire.create_topic(connection, self.topic, PARTITIONS)
        if error:
            raise Failed(f"create topic: error {error} {message or ''}")
        self.source = Source(self.broker.bootstrap, self.topic)

    def end(self):
        self.source.close()
        for member in self.members:
            if member.process.poll() is None:
                member.kill()

    def join(self, commit=None, instance=None, topic=None, play=None, session_ms=SESSION_MS):
        commit = commit or self.client.commits[0]
        member = Member(self.command, self.broker.bootstrap, self.group, topic or self.topic, commit, instance, play,
                        session_ms)
        self.members.append(member)
        return member

    def values(self):
        return [value for member in self.members for value in member.values]

    def expect_all(self, patience=90.0):
        wanted = {f"value-{number}" for number in range(self.source.written)}

        def complaint():
            missing = sorted(wanted - set(self.values()), key=lambda value: int(value[6:]))
            errors = [member.errors for member in self.members]
            return f"{len(missing)} of {len(wanted)} records were not read, the first {missing[:3]}; {errors}"
        wait_until(lambda: wanted <= set(self.values()), complaint, patience)
        return len(wanted)

    def expect_assigned(self, *members, patience=90.0):
        """All partitions are owned, each by one of the members, and each member has some."""
        def is_shared_out():
            owned = [partition for member in members for partition in member.assigned]
            return len(owned) == len(set(owned)) == PARTITIONS and all(member.assigned for member in members)
        wait_until(is_shared_out, lambda: f"assignments are {[sorted(member.assigned) for member in members]}; "
                                          f"{[member.errors for member in members]}", patience)

    def expect_quiet(self, *members):
        """Nobody has been assigned anything for two seconds."""
        before = None
        while before != (before := [member.assignments for member in members]):
            time.sleep(2)

    # --- steps ---------------------------------------------------------------------------------------------

    def comes_back(self):
        """A member reads, leaves, and comes back to what is new, with each way of committing."""
        again = 0
        for commit in self.client.commits:
            member = self.join(commit)
            self.expect_assigned(member)
            self.source.write(300)
            self.expect_all()
            member.leave()
            self.source.write(100)
            before = self.source.written - 100
            member = self.join(commit)
            self.expect_all()
            again += sum(int(value[6:]) < before for value in member.values)
            member.leave()
        if again:
            raise Failed(f"{again} records were read again after they had been committed")
        return f"{self.source.written} records, committed {', '.join(self.client.commits)}"

    def dismiss(self, member):
        """It leaves while records flow, unless it is one that loses some then."""
        if self.client.drops_when_interrupted:
            self.source.flow(False)
            self.expect_all()
        member.leave()
        self.source.flow(True)

    def two_members(self):
        """A second member comes and goes while records flow."""
        first = self.join()
        self.expect_assigned(first)
        self.source.flow(True)
        second = self.join()
        self.expect_assigned(first, second)
        time.sleep(1)
        self.dismiss(second)
        self.expect_assigned(first)
        self.source.flow(False)
        return f"{self.expect_all()} records"

    def five_members(self):
        """Five members come, one after the other, leave, are killed and come again while records flow."""
        self.source.flow(True)
        members = []
        for _ in range(5):
            members.append(self.join())
            time.sleep(0.7)
        self.expect_assigned(*members)
        self.dismiss(members.pop(1))
        members.pop(2).kill()
        members.append(self.join())
        self.expect_assigned(*members)
        self.dismiss(members.pop(0))
        members += [self.join(), self.join()]
        self.expect_assigned(*members)
        self.source.flow(False)
        return f"{self.expect_all()} records, {len(self.members)} members"

    def commits_before_work(self):
        """Members commit, and then say what they read, while one is killed, and the broker: nothing is read twice."""
        first, second = self.join("before"), self.join("before")
        self.expect_assigned(first, second)
        self.source.flow(True)
        time.sleep(1)
        second.kill()
        self.expect_assigned(first)
        self.source.flow(False)  # a record whose acknowledgement is lost would be written twice
        self.broker.kill()
        self.broker.start()
        self.source.flow(True)
        third = self.join("before")
        self.expect_assigned(first, third)
        self.source.flow(False)
        self.source.write(PARTITIONS)
        self.expect_some_of_each(range(self.source.written - PARTITIONS, self.source.written))
        values = self.values()
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise Failed(f"{len(twice)} of {len(values)} records were read twice, the first {twice[:3]}")
        return f"{len(values)} of {self.source.written} records, each once"

    def expect_some_of_each(self, numbers):
        wanted = {f"value-{number}" for number in numbers}
        wait_until(lambda: wanted <= set(self.values()), lambda: f"{sorted(wanted - set(self.values()))} were not read")

    def seek(self):
        """A member goes back to the beginning, and reads everything again."""
        self.source.write(200)
        member = self.join(play="seek")
        self.expect_all()
        self.source.write(100)
        self.expect_all()
        places = [at for (what, _), at in member.said if what == "sought"]
        if not places:
            raise Failed("it did not seek")
        again = set(member.values[:places[0]]) & set(member.values[places[0]:])
        if again != set(member.values[:places[0]]):
            raise Failed(f"of {places[0]} records before it sought, {len(again)} were read again")
        return f"{self.source.written} records, {len(again)} of them again"

    def pause(self):
        """A member pauses for a while: it gets nothing, and stays in the group."""
        self.source.write(100)
        member = self.join(play="pause")
        self.expect_assigned(member)
        self.source.flow(True)
        self.expect_some_of_each([0])
        time.sleep(3)
        self.source.flow(False)
        assigned = member.assignments
        detail = f"{self.expect_all()} records"
        told = [(value, at) for (what, value), at in member.said if what == "paused"]
        if self.client.pauses_at_once and ([value for value, _ in told] != [True, False] or told[0][1] != told[1][1]):
            raise Failed(f"paused and resumed after so many records: {told}")
        if assigned != member.assignments:
            raise Failed("it had to join again")
        return detail

    def killed_member(self):
        """A member is killed; when its session is over, the other has everything."""
        first, second = self.join(), self.join()
        self.expect_assigned(first, second)
        self.source.flow(True)
        time.sleep(1)
        second.kill()
        self.expect_assigned(first)
        self.source.flow(False)
        return f"{self.expect_all()} records"

    def killed_broker(self):
        """The broker is killed in the midst, and starts again."""
        first, second = self.join(), self.join()
        self.expect_assigned(first, second)
        self.source.flow(True)
        time.sleep(1)
        self.broker.kill()
        time.sleep(0.5)
        self.broker.start()
        time.sleep(2)
        self.source.flow(False)
        detail = f"{self.expect_all()} records"
        self.expect_assigned(first, second)
        return detail

    def broker_killed_again_and_again(self):
        first, second = self.join(), self.join()
        self.expect_assigned(first, second)
        self.source.flow(True)
        for number in range(KILLS):
            time.sleep(0.2 + 0.37 * (number % 7))
            self.broker.kill()
            self.broker.start()
        self.source.flow(False)
        detail = f"{self.expect_all()} records, {KILLS} kills"
        self.expect_assigned(first, second)
        return detail

    def static_restart(self):
        """A static member that is back before its session ends has what it had; the other notices nothing."""
        long = 40_000  # however slow the machine is
        with wire.Connection(self.broker.bootstrap) as connection:
            requests.set_group_config(connection, self.group, "consumer.session.timeout.ms", str(long))
        first, second = self.join(instance="one", session_ms=long), self.join(instance="two", session_ms=long)
        self.expect_assigned(first, second)
        self.expect_quiet(first, second)  # whatever else an assignment brings with it
        had, noticed = second.assigned, first.assignments
        if self.client.static_leaves:
            second.leave()
        else:
            second.kill()
        self.source.write(100)
        second = self.join(instance="two", session_ms=long)
        self.expect_assigned(first, second)
        self.expect_all()
        if second.assigned != had or first.assignments != noticed:
            raise Failed(f"had {sorted(had)}, has {sorted(second.assigned)}; the other was assigned partitions "
                         f"{first.assignments - noticed} times meanwhile")
        return f"{len(had)} partitions kept"

    def regular_expression(self):
        """A member subscribes to topics that a pattern matches."""
        member = self.join(topic=f"^{self.topic}.*")
        self.expect_assigned(member)
        self.source.write(100)
        return f"{self.expect_all()} records"


STEPS = {"comes back": Play.comes_back, "two members": Play.two_members, "five members": Play.five_members,
         "killed member": Play.killed_member, "killed broker": Play.killed_broker,
         "broker killed again and again": Play.broker_killed_again_and_again,
         "commits before work": Play.commits_before_work, "static restart": Play.static_restart,
         "regular expression": Play.regular_expression, "seek": Play.seek, "pause": Play.pause}
ONLY_LONG = ("broker killed again and again",)


def is_played(client, name, only, is_long):
    if name in client.without or (name == "commits before work" and not client.commits_before):
        return False
    if only:
        return name in only
    return is_long or name not in (*ONLY_LONG, *client.long)


def play(client, broker, only, is_long):
    is_good = True
    player = Play(client, broker)
    for name, step in STEPS.items():
        if not is_played(client, name, only, is_long):
            continue
        started = time.monotonic()
        try:
            player.begin()
            try:
                detail, ok = step(player), True
            finally:
                player.end()
        except Failed as failure:
            detail, ok = str(failure), False
        except Exception:
            detail, ok = traceback.format_exc(limit=-4), False
        print(json.dumps({"codec": "", "step": name, "ok": ok, "detail": detail,
                          "seconds": round(time.monotonic() - started, 2)}), flush=True)
        is_good = is_good and ok
    return is_good


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--broker", required=True, type=pathlib.Path)
    arguments.add_argument("--client", required=True, choices=sorted(CLIENTS))
    arguments.add_argument("--step", action="append", default=[], choices=sorted(STEPS))
    arguments.add_argument("--shards", type=int, default=2)
    arguments.add_argument("--long", action="store_true", help=f"all steps; the broker is killed {KILLS} times")
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))  # members and broker are taken along
    with Broker(options.broker, options.shards, SETTINGS) as broker:
        is_good = play(CLIENTS[options.client], broker, options.step, options.long)
        if not is_good:
            print(broker.log_tail(), file=sys.stderr)
        broker.stop()
    return 0 if is_good else 1


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main())
