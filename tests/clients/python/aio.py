"""aiokafka: asyncio, with idempotence, all codecs."""

import asyncio
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "lib"))

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

import scenario


class AioKafka(scenario.Client):
    """Each call runs an event loop of its own, so that a reader can wait in another thread."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def create(self, topic):
        asyncio.run(self._with_admin(lambda admin: admin.create_topics([NewTopic(topic, scenario.PARTITIONS, 1)])))

    def delete(self, topic):
        asyncio.run(self._with_admin(lambda admin: admin.delete_topics([topic])))

    def topics(self):
        return set(asyncio.run(self._with_admin(lambda admin: admin.list_topics())))

    async def _with_admin(self, use):
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            return await use(admin)
        finally:
            await admin.close()

    def write(self, topic, codec, records):
        asyncio.run(self._write(topic, codec, records))

    async def _write(self, topic, codec, records):
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True, linger_ms=20,
                                    compression_type=None if codec == "none" else codec)
        await producer.start()
        try:
            futures = [await producer.send(topic, key=r.key, value=r.value, partition=r.partition,
                                           timestamp_ms=r.timestamp, headers=r.headers) for r in records]
            for record, acknowledged in zip(records, await asyncio.gather(*futures)):
                if acknowledged.offset != record.offset:
                    raise scenario.Failed(f"{record} was acknowledged at offset {acknowledged.offset}")
        finally:
            await producer.stop()

    async def _with_consumer(self, use):
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=None, enable_auto_commit=False,
                                    auto_offset_reset="none", fetch_max_wait_ms=scenario.LONG_POLL_MS)
        await consumer.start()
        try:
            return await use(consumer)
        finally:
            await consumer.stop()

    def read(self, topic, starts, count, wait):
        async def use(consumer):
            consumer.assign([TopicPartition(topic, partition) for partition in starts])
            for partition, offset in starts.items():
                consumer.seek(TopicPartition(topic, partition), offset)
            records, deadline = [], time.monotonic() + wait
            while len(records) < count and time.monotonic() < deadline:
                for partition, messages in (await consumer.getmany(timeout_ms=int(wait * 1000))).items():
                    records.extend(scenario.Record(partition.partition, m.offset, m.key, m.value,
                                                   list(m.headers), m.timestamp) for m in messages)
            return records
        return asyncio.run(self._with_consumer(use))

    def offsets_at(self, topic, times):
        async def use(consumer):
            return await consumer.offsets_for_times({TopicPartition(topic, p): t for p, t in times.items()})
        answers = asyncio.run(self._with_consumer(use))
        return {key.partition: answer.offset if answer else None for key, answer in answers.items()}

    def bounds(self, topic, partition):
        key = TopicPartition(topic, partition)

        async def use(consumer):
            return (await consumer.beginning_offsets([key]))[key], (await consumer.end_offsets([key]))[key]
        return asyncio.run(self._with_consumer(use))


scenario.main(AioKafka, ("none", "gzip", "snappy", "lz4", "zstd"))
