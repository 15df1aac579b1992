// A member with kafkajs, which commits by itself.
'use strict';

const { Kafka, logLevel } = require('kafkajs');

const options = {};
for (let at = 2; at + 1 < process.argv.length; at += 2) options[process.argv[at].slice(2)] = process.argv[at + 1];

const kafka = new Kafka({ brokers: [options.bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 30, maxRetryTime: 1000, restartOnFailure: async () => true } });
const consumer = kafka.consumer({
  groupId: options.group, sessionTimeout: Number(options['session-ms']), heartbeatInterval: 500, metadataMaxAge: 2000,
});

let mine = [];

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

// After the first record, once.
function play(topic) {
  if (options.play === 'seek') {
    for (const [name, partition] of mine) consumer.seek({ topic: name, partition, offset: '0' });
    say({ sought: 0 });
  } else if (options.play === 'pause') {
    consumer.pause([{ topic }]);
    say({ paused: true });
    setTimeout(() => {
      say({ paused: false });
      consumer.resume([{ topic }]);
    }, 1500);
  }
  options.play = '';
}

async function main() {
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const assigned = Object.entries(payload.memberAssignment)
      .flatMap(([topic, partitions]) => partitions.map((partition) => [topic, partition]));
    mine = assigned;
    say({ assigned });
  });
  consumer.on(consumer.events.REBALANCING, () => say({ assigned: [] }));
  await consumer.connect();
  await consumer.subscribe({ topics: [options.topic], fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 500,
    eachMessage: async ({ topic, message }) => {
      say({ value: message.value.toString() });
      if (options.play) play(topic);
    },
  });
}

process.on('SIGTERM', async () => {
  await consumer.disconnect();
  process.exit(0);
});
main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
