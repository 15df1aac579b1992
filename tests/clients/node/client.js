// kafkajs: writes and administers. It reads only in a consumer group, so it reads nothing here.
// It brings the codecs none and gzip itself; snappy is plugged in.
'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, logLevel } = require('kafkajs');
const snappy = require('kafkajs-snappy');

const PARTITIONS = 3;
const FILLER = 'again and again, again and again, again and again, again and again, again and again, again and again, ';
const CODECS = {
  none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy,
};

CompressionCodecs[CompressionTypes.Snappy] = snappy;
function check(isTrue, complaint) {
  if (!isTrue) throw new Error(complaint);
}

function expected(number, baseTime) {
  const digits = String(number).padStart(6, '0');
  return {
    partition: number % PARTITIONS,
    key: `key-${digits}`,
    value: `value-${digits} ${FILLER}`,
    headers: { number: String(number), empty: '' },
    timestamp: String(baseTime + number),
  };
}

class Scenario {
  constructor(kafka, topic, codec, count) {
    this.kafka = kafka;
    this.admin = kafka.admin();
    this.codec = codec;
    this.topic = `${topic}-${codec}`;
    this.baseTime = Date.now() - 60000;
    this.records = Array.from({ length: count }, (_, number) => expected(number, this.baseTime));
  }

  async run() {
    await this.admin.connect();
    try {
      for (const step of ['create', 'describe configs', 'produce', 'offsets', 'offsets by time', 'delete records',
        'delete']) {
        if (!(await this.play(step))) return false;
      }
      return true;
    } finally {
      await this.admin.disconnect();
    }
  }

  async play(step) {
    const started = Date.now();
    let ok = true;
    let detail;
    try {
      detail = (await this[step]()) || '';
    } catch (error) {
      ok = false;
      detail = error.stack;
    }
    console.log(JSON.stringify({ codec: this.codec, step, ok, detail, seconds: (Date.now() - started) / 1000 }));
    return ok;
  }

  async create() {
    check(await this.admin.createTopics({
      topics: [{
        topic: this.topic, numPartitions: PARTITIONS, replicationFactor: 1,
        configEntries: [{ name: 'retention.ms', value: '86400000' }],
      }],
      waitForLeaders: true,
    }), 'the topic was there already');
    check((await this.admin.listTopics()).includes(this.topic), 'the topic is not listed');
  }

  async ['describe configs']() {
    const answer = await this.admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: this.topic }],
    });
    const entry = answer.resources[0].configEntries.find((one) => one.configName === 'retention.ms');
    check(entry && entry.configValue === '86400000', `retention.ms is ${JSON.stringify(entry)}`);
  }

  async produce() {
    const producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    try {
      for (let at = 0; at < this.records.length; at += 1000) {
        const batch = this.records.slice(at, at + 1000);
        const answers = await producer.send({
          topic: this.topic, acks: -1, compression: CODECS[this.codec], messages: batch,
        });
        for (const answer of answers) {
          const before = this.records.slice(0, at).filter((r) => r.partition === answer.partition).length;
          check(answer.errorCode === 0, `error ${answer.errorCode}`);
          check(answer.baseOffset === String(before), `acknowledged at ${answer.baseOffset}, not ${before}`);
        }
      }
    } finally {
      await producer.disconnect();
    }
    return `${this.records.length} records`;
  }

  async offsets() {
    const answers = await this.admin.fetchTopicOffsets(this.topic);
    check(answers.length === PARTITIONS, `${answers.length} partitions`);
    for (const { partition, low, high } of answers) {
      const end = this.records.filter((record) => record.partition === partition).length;
      check(low === '0' && high === String(end), `partition ${partition} reaches from ${low} to ${high}`);
    }
  }

  async ['offsets by time']() {
    const middle = Math.floor(this.records.length / 2 / PARTITIONS) * PARTITIONS;
    const answers = await this.admin.fetchTopicOffsetsByTimestamp(this.topic, this.baseTime + middle);
    for (const { partition, offset } of answers) {
      check(offset === String(middle / PARTITIONS), `partition ${partition}: offset ${offset}`);
    }
  }

  async ['delete records']() {
    await this.admin.deleteTopicRecords({ topic: this.topic, partitions: [{ partition: 1, offset: '10' }] });
    const answers = await this.admin.fetchTopicOffsets(this.topic);
    const { low } = answers.find((answer) => answer.partition === 1);
    check(low === '10', `partition 1 begins at ${low}`);
  }

  async delete() {
    await this.admin.deleteTopics({ topics: [this.topic] });
    for (let turn = 0; (await this.admin.listTopics()).includes(this.topic); turn += 1) {
      check(turn < 100, 'the topic is still listed');
      await sleep(100);
    }
  }
}

async function main() {
  const options = { codec: 'none,gzip,snappy', topic: `odradek-${Date.now()}`, records: '10000' };
  for (let at = 2; at + 1 < process.argv.length; at += 2) {
    options[process.argv[at].replace('--', '')] = process.argv[at + 1];
  }
  const kafka = new Kafka({
    brokers: [options.bootstrap], logLevel: logLevel.NOTHING,
  });
  let isGood = true;
  for (const codec of options.codec.split(',')) {
    const scenario = new Scenario(kafka, options.topic, codec, Number(options.records));
    isGood = (await scenario.run()) && isGood;
  }
  process.exitCode = isGood ? 0 : 1;
}

main();
