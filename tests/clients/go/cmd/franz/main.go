// franz-go: idempotent by default, all codecs.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"odradek/tests/clients/scenario"
)

type franz struct{ bootstrap string }

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func main() {
	scenario.Main("none,gzip,snappy,lz4,zstd", func(bootstrap string) scenario.Client { return franz{bootstrap} })
}

func (f franz) admin() (*kadm.Client, error) {
	return kadm.NewOptClient(kgo.SeedBrokers(f.bootstrap))
}

func (f franz) Create(topic string) error {
	admin, err := f.admin()
	if err != nil {
		return err
	}
	defer admin.Close()
	_, err = admin.CreateTopic(context.Background(), scenario.Partitions, 1, nil, topic)
	return err
}

func (f franz) Delete(topic string) error {
	admin, err := f.admin()
	if err != nil {
		return err
	}
	defer admin.Close()
	_, err = admin.DeleteTopic(context.Background(), topic)
	return err
}

func (f franz) Topics() (map[string]bool, error) {
	admin, err := f.admin()
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	details, err := admin.ListTopics(context.Background())
	names := map[string]bool{}
	for name := range details {
		names[name] = true
	}
	return names, err
}

func (f franz) Write(topic, codec string, records []scenario.Record) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(f.bootstrap), kgo.ProducerBatchCompression(codecs[codec]),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(20*time.Millisecond))
	if err != nil {
		return err
	}
	defer client.Close()
	var batch []*kgo.Record
	for _, r := range records {
		record := &kgo.Record{Topic: topic, Partition: r.Partition, Key: r.Key, Value: r.Value,
			Timestamp: time.UnixMilli(r.Timestamp)}
		for _, header := range r.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
		batch = append(batch, record)
	}
	for at, result := range client.ProduceSync(context.Background(), batch...) {
		if result.Err != nil {
			return result.Err
		}
		if batch[at].Offset != records[at].Offset {
			return fmt.Errorf("acknowledged at offset %d, not %d", batch[at].Offset, records[at].Offset)
		}
	}
	return nil
}

func (f franz) Read(topic string, starts map[int32]int64, count int, wait time.Duration) ([]scenario.Record, error) {
	offsets := map[int32]kgo.Offset{}
	for partition, offset := range starts {
		offsets[partition] = kgo.NewOffset().At(offset)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(f.bootstrap), kgo.FetchMaxWait(scenario.LongPoll),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	patience, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	var records []scenario.Record
	for len(records) < count {
		fetches := client.PollFetches(patience)
		if patience.Err() != nil {
			break
		}
		if err := fetches.Err(); err != nil {
			return records, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			record := scenario.Record{Partition: r.Partition, Offset: r.Offset, Key: r.Key, Value: r.Value,
				Timestamp: r.Timestamp.UnixMilli()}
			for _, header := range r.Headers {
				record.Headers = append(record.Headers, scenario.Header{Name: header.Key, Value: header.Value})
			}
			records = append(records, record)
		})
	}
	return records, nil
}

func (f franz) OffsetAt(topic string, partition int32, at int64) (int64, error) {
	admin, err := f.admin()
	if err != nil {
		return 0, err
	}
	defer admin.Close()
	listed, err := admin.ListOffsetsAfterMilli(context.Background(), at, topic)
	if err != nil {
		return 0, err
	}
	answer, _ := listed.Lookup(topic, partition)
	// kadm answers with the end offset, without a timestamp, where the broker found nothing.
	if answer.Timestamp < 0 {
		return -1, answer.Err
	}
	return answer.Offset, answer.Err
}

func (f franz) Bounds(topic string, partition int32) (int64, int64, error) {
	admin, err := f.admin()
	if err != nil {
		return 0, 0, err
	}
	defer admin.Close()
	starts, err := admin.ListStartOffsets(context.Background(), topic)
	if err != nil {
		return 0, 0, err
	}
	ends, err := admin.ListEndOffsets(context.Background(), topic)
	if err != nil {
		return 0, 0, err
	}
	first, _ := starts.Lookup(topic, partition)
	end, _ := ends.Lookup(topic, partition)
	return first.Offset, end.Offset, nil
}
