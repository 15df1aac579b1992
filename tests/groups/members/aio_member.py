"""A member with aiokafka."""

import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import KafkaError

import said

options = said.options()
leaving = said.Leaving()


class Listener(ConsumerRebalanceListener):
    async def on_partitions_revoked(self, revoked):
        said.say_assigned([])

    async def on_partitions_assigned(self, assigned):
        said.say_assigned([(partition.topic, partition.partition) for partition in assigned])


async def main():
    consumer = AIOKafkaConsumer(bootstrap_servers=options.bootstrap, group_id=options.group,
                                auto_offset_reset="earliest", session_timeout_ms=options.session_ms,
                                heartbeat_interval_ms=500, enable_auto_commit=options.commit == "auto",
                                auto_commit_interval_ms=500, metadata_max_age_ms=2000)
    if options.topic.startswith("^"):
        consumer.subscribe(pattern=options.topic, listener=Listener())
    else:
        consumer.subscribe([options.topic], listener=Listener())
    await consumer.start()
    plays = said.Plays(options.play, lambda: None, lambda: consumer.pause(*consumer.assignment()),
                       lambda: consumer.resume(*consumer.paused()))
    while not leaving:
        batches = await consumer.getmany(timeout_ms=200)
        plays.in_time()
        if not batches:
            continue
        if options.commit == "before":
            try:
                await consumer.commit()
            except KafkaError:
                continue  # whoever has the partitions now may have read them
        said.say_read(record.value for records in batches.values() for record in records)
        if plays.what == "seek":
            await consumer.seek_to_beginning()
        plays.once()
        try:
            if options.commit in ("sync", "async"):
                await consumer.commit()
        except KafkaError:
            pass  # a rebalance came between: whoever has the partitions now reads on from the last commit
    await consumer.stop()


asyncio.run(main())
