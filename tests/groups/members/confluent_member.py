"""A member with confluent-kafka."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

import said

options = said.options()
leaving = said.Leaving()
settings = {"bootstrap.servers": options.bootstrap, "group.id": options.group, "auto.offset.reset": "earliest",
            "enable.auto.commit": options.commit == "auto", "auto.commit.interval.ms": 500,
            "reconnect.backoff.max.ms": 500, "topic.metadata.refresh.interval.ms": 2000}
if options.protocol == "consumer":
    settings["group.protocol"] = "consumer"  # then the broker says how long a session is
else:
    settings |= {"session.timeout.ms": options.session_ms, "heartbeat.interval.ms": 500}
if options.instance:
    settings["group.instance.id"] = options.instance
consumer = Consumer(settings)


def named(partitions):
    return [(partition.topic, partition.partition) for partition in partitions]


mine = set()


def gain(_, partitions):
    mine.update(named(partitions))  # what comes to what we have, where assignments change little by little
    said.say_assigned(mine)


def lose(_, partitions):
    mine.difference_update(named(partitions))
    said.say_assigned(mine)


consumer.subscribe([options.topic], on_assign=gain, on_revoke=lose, on_lost=lose)


def go_back():
    for topic, partition in mine:
        consumer.seek(TopicPartition(topic, partition, OFFSET_BEGINNING))


plays = said.Plays(options.play, go_back, lambda: consumer.pause(consumer.assignment()),
                   lambda: consumer.resume(consumer.assignment()))
while not leaving:
    messages = [message for message in consumer.consume(500, 0.2) if not message.error()]
    plays.in_time()
    if not messages:
        continue
    if options.commit == "before":
        try:
            consumer.commit(asynchronous=False)
        except KafkaException:
            continue  # whoever has the partitions now may have read them
    said.say_read(message.value() for message in messages)
    plays.once()
    try:
        if options.commit in ("sync", "async"):
            consumer.commit(asynchronous=options.commit == "async")
    except KafkaException:
        pass  # a rebalance came between: whoever has the partitions now reads on from the last commit
consumer.close()
