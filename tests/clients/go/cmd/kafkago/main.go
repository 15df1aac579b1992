// kafka-go: all codecs; it has no idempotence.
package main

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"odradek/tests/clients/scenario"
)

type client struct{ bootstrap string }

var codecs = map[string]kafka.Compression{
	"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

func main() {
	scenario.Main("none,gzip,snappy,lz4,zstd", func(bootstrap string) scenario.Client { return client{bootstrap} })
}

// controller is a connection to the broker that takes the admin calls.
func (c client) controller() (*kafka.Conn, error) {
	seed, err := kafka.Dial("tcp", c.bootstrap)
	if err != nil {
		return nil, err
	}
	defer seed.Close()
	broker, err := seed.Controller()
	if err != nil {
		return nil, err
	}
	return kafka.Dial("tcp", net.JoinHostPort(broker.Host, strconv.Itoa(broker.Port)))
}

func (c client) Create(topic string) error {
	connection, err := c.controller()
	if err != nil {
		return err
	}
	defer connection.Close()
	return connection.CreateTopics(
		kafka.TopicConfig{Topic: topic, NumPartitions: scenario.Partitions, ReplicationFactor: 1})
}

func (c client) Delete(topic string) error {
	connection, err := c.controller()
	if err != nil {
		return err
	}
	defer connection.Close()
	return connection.DeleteTopics(topic)
}

func (c client) Topics() (map[string]bool, error) {
	connection, err := kafka.Dial("tcp", c.bootstrap)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	partitions, err := connection.ReadPartitions()
	names := map[string]bool{}
	for _, partition := range partitions {
		names[partition.Topic] = true
	}
	return names, err
}

func (c client) Write(topic, codec string, records []scenario.Record) error {
	writer := kafka.Writer{
		Addr: kafka.TCP(c.bootstrap), Topic: topic, Compression: codecs[codec], RequiredAcks: kafka.RequireAll,
		// A transport of its own: the common one would remember that the topic was unknown a moment ago.
		Transport: &kafka.Transport{},
		BatchSize: 500, BatchTimeout: 20 * time.Millisecond,
		// The key is key-<number>, and the number says the partition.
		Balancer: kafka.BalancerFunc(func(message kafka.Message, partitions ...int) int {
			number, _ := strconv.Atoi(string(message.Key[len("key-"):]))
			return number % len(partitions)
		}),
	}
	defer writer.Close()
	var messages []kafka.Message
	for _, r := range records {
		message := kafka.Message{Key: r.Key, Value: r.Value, Time: time.UnixMilli(r.Timestamp)}
		for _, header := range r.Headers {
			message.Headers = append(message.Headers,
				kafka.Header{Key: header.Name, Value: append([]byte{}, header.Value...)})
		}
		messages = append(messages, message)
	}
	return writer.WriteMessages(context.Background(), messages...)
}

func (c client) Read(topic string, starts map[int32]int64, count int, wait time.Duration) ([]scenario.Record, error) {
	patience, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	var records []scenario.Record
	for partition, start := range starts {
		end := start + int64(count)
		if len(starts) > 1 {
			// A reader has one partition: with several, each is read up to where it ends now.
			_, last, err := c.Bounds(topic, partition)
			if err != nil {
				return nil, err
			}
			end = last
		}
		found, err := c.readOne(patience, topic, partition, start, end)
		if err != nil {
			return records, err
		}
		records = append(records, found...)
	}
	return records, nil
}

func (c client) readOne(patience context.Context, topic string, partition int32, start, end int64) ([]scenario.Record, error) {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{c.bootstrap}, Topic: topic,
		Partition: int(partition), MinBytes: 1, MaxBytes: 10 << 20, MaxWait: scenario.LongPoll})
	// Closing waits for the fetch that still waits at the broker: not our time.
	defer func() { go reader.Close() }()
	if err := reader.SetOffset(start); err != nil {
		return nil, err
	}
	var records []scenario.Record
	for next := start; next < end; next++ {
		message, err := reader.ReadMessage(patience)
		if err != nil {
			return records, err
		}
		record := scenario.Record{Partition: int32(message.Partition), Offset: message.Offset, Key: message.Key,
			Value: message.Value, Timestamp: message.Time.UnixMilli()}
		for _, header := range message.Headers {
			record.Headers = append(record.Headers, scenario.Header{Name: header.Key, Value: header.Value})
		}
		records = append(records, record)
	}
	return records, nil
}

func (c client) leader(topic string, partition int32) (*kafka.Conn, error) {
	return kafka.DialLeader(context.Background(), "tcp", c.bootstrap, topic, int(partition))
}

func (c client) OffsetAt(topic string, partition int32, at int64) (int64, error) {
	connection, err := c.leader(topic, partition)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	return connection.ReadOffset(time.UnixMilli(at))
}

func (c client) Bounds(topic string, partition int32) (int64, int64, error) {
	connection, err := c.leader(topic, partition)
	if err != nil {
		return 0, 0, err
	}
	defer connection.Close()
	return connection.ReadOffsets()
}
