"""A member with kafka-python."""

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.errors import KafkaError

import said

options = said.options()
leaving = said.Leaving()


class Listener(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        said.say_assigned([])

    def on_partitions_assigned(self, assigned):
        said.say_assigned([(partition.topic, partition.partition) for partition in assigned])


consumer = KafkaConsumer(bootstrap_servers=options.bootstrap, group_id=options.group, auto_offset_reset="earliest",
                         session_timeout_ms=options.session_ms, heartbeat_interval_ms=500,
                         enable_auto_commit=options.commit == "auto", auto_commit_interval_ms=500,
                         metadata_max_age_ms=2000, reconnect_backoff_max_ms=500)
if options.topic.startswith("^"):
    consumer.subscribe(pattern=options.topic, listener=Listener())
else:
    consumer.subscribe([options.topic], listener=Listener())
plays = said.Plays(options.play, lambda: consumer.seek_to_beginning(), lambda: consumer.pause(*consumer.assignment()),
                   lambda: consumer.resume(*consumer.paused()))
while not leaving:
    batches = consumer.poll(timeout_ms=200)
    plays.in_time()
    if not batches:
        continue
    if options.commit == "before":
        try:
            consumer.commit()
        except KafkaError:
            continue  # whoever has the partitions now may have read them
    said.say_read(record.value for records in batches.values() for record in records)
    plays.once()
    try:
        if options.commit == "sync":
            consumer.commit()
        elif options.commit == "async":
            consumer.commit_async()
    except KafkaError:
        pass  # a rebalance came between: whoever has the partitions now reads on from the last commit
if options.commit == "async":
    consumer.commit()
consumer.close()
