// sarama: idempotent, all codecs.
package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"odradek/tests/clients/scenario"
)

type client struct{ bootstrap []string }

var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

func main() {
	scenario.Main("none,gzip,snappy,lz4,zstd",
		func(bootstrap string) scenario.Client { return client{[]string{bootstrap}} })
}

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Consumer.MaxWaitTime = scenario.LongPoll
	config.Consumer.Return.Errors = true
	return config
}

func (c client) Create(topic string) error {
	admin, err := sarama.NewClusterAdmin(c.bootstrap, settings())
	if err != nil {
		return err
	}
	defer admin.Close()
	return admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: scenario.Partitions, ReplicationFactor: 1}, false)
}

func (c client) Delete(topic string) error {
	admin, err := sarama.NewClusterAdmin(c.bootstrap, settings())
	if err != nil {
		return err
	}
	defer admin.Close()
	return admin.DeleteTopic(topic)
}

func (c client) Topics() (map[string]bool, error) {
	admin, err := sarama.NewClusterAdmin(c.bootstrap, settings())
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	details, err := admin.ListTopics()
	names := map[string]bool{}
	for name := range details {
		names[name] = true
	}
	return names, err
}

func (c client) Write(topic, codec string, records []scenario.Record) error {
	config := settings()
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Net.MaxOpenRequests = 1 // sarama wants this for idempotence
	config.Producer.Compression = codecs[codec]
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.Flush.Frequency = 20 * time.Millisecond
	config.Producer.Return.Successes = true
	producer, err := sarama.NewSyncProducer(c.bootstrap, config)
	if err != nil {
		return err
	}
	defer producer.Close()
	var messages []*sarama.ProducerMessage
	for _, r := range records {
		message := &sarama.ProducerMessage{Topic: topic, Partition: r.Partition, Key: sarama.ByteEncoder(r.Key),
			Value: sarama.ByteEncoder(r.Value), Timestamp: time.UnixMilli(r.Timestamp)}
		for _, header := range r.Headers {
			message.Headers = append(message.Headers,
				sarama.RecordHeader{Key: []byte(header.Name), Value: append([]byte{}, header.Value...)})
		}
		messages = append(messages, message)
	}
	if err := producer.SendMessages(messages); err != nil {
		return err
	}
	for at, message := range messages {
		if message.Offset != records[at].Offset {
			return fmt.Errorf("acknowledged at offset %d, not %d", message.Offset, records[at].Offset)
		}
	}
	return nil
}

func (c client) Read(topic string, starts map[int32]int64, count int, wait time.Duration) ([]scenario.Record, error) {
	consumer, err := sarama.NewConsumer(c.bootstrap, settings())
	if err != nil {
		return nil, err
	}
	messages, failures := make(chan *sarama.ConsumerMessage), make(chan error, len(starts))
	finished := make(chan struct{})
	for partition, offset := range starts {
		one, err := consumer.ConsumePartition(topic, partition, offset)
		if err != nil {
			return nil, err
		}
		go forward(one, messages, failures, finished)
	}
	var records []scenario.Record
	for patience := time.After(wait); len(records) < count; {
		select {
		case message := <-messages:
			records = append(records, known(message))
		case err := <-failures:
			return records, err
		case <-patience:
			return records, errors.New("the records did not come")
		}
	}
	close(finished)
	return records, nil
}

// forward hands on what one partition brings. It closes the partition at the end without waiting for it: the fetch
// that still waits at the broker would hold it up.
func forward(from sarama.PartitionConsumer, to chan<- *sarama.ConsumerMessage, failures chan<- error,
	finished <-chan struct{}) {
	defer from.AsyncClose()
	for {
		select {
		case message := <-from.Messages():
			select {
			case to <- message:
			case <-finished:
				return
			}
		case err := <-from.Errors():
			failures <- err
			return
		case <-finished:
			return
		}
	}
}

func known(message *sarama.ConsumerMessage) scenario.Record {
	record := scenario.Record{Partition: message.Partition, Offset: message.Offset, Key: message.Key,
		Value: message.Value, Timestamp: message.Timestamp.UnixMilli()}
	for _, header := range message.Headers {
		record.Headers = append(record.Headers, scenario.Header{Name: string(header.Key), Value: header.Value})
	}
	return record
}

func (c client) OffsetAt(topic string, partition int32, at int64) (int64, error) {
	connection, err := sarama.NewClient(c.bootstrap, settings())
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	return connection.GetOffset(topic, partition, at)
}

func (c client) Bounds(topic string, partition int32) (int64, int64, error) {
	first, err := c.OffsetAt(topic, partition, sarama.OffsetOldest)
	if err != nil {
		return 0, 0, err
	}
	end, err := c.OffsetAt(topic, partition, sarama.OffsetNewest)
	return first, end, err
}
