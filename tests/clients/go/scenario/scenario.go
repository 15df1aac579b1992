// Package scenario plays the steps of tests/lib/scenario.py with a Go client.
package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	Partitions = 3
	// LongPoll is what a reader asks the broker to wait for.
	LongPoll = 10 * time.Second
	// prompt is the time within which a long-polled record must arrive.
	prompt = 3 * time.Second
	filler = "again and again, again and again, again and again, again and again, again and again, again and again, "
)

type Header struct {
	Name  string
	Value []byte
}

type Record struct {
	Partition int32
	Offset    int64
	Key       []byte
	Value     []byte
	Headers   []Header
	Timestamp int64 // milliseconds
}

// Client is what a program implements. Each call opens and closes what it needs, for it may run in a goroutine.
type Client interface {
	Create(topic string) error
	Delete(topic string) error
	Topics() (map[string]bool, error)
	// Write sends each record to its partition and waits for all acknowledgements.
	Write(topic, codec string, records []Record) error
	// Read reads count records from starts (partition to offset), by assignment; fewer once wait is over.
	Read(topic string, starts map[int32]int64, count int, wait time.Duration) ([]Record, error)
	// OffsetAt is the first offset at or after a time in milliseconds, or -1.
	OffsetAt(topic string, partition int32, time int64) (int64, error)
	// Bounds are the first offset and the end offset.
	Bounds(topic string, partition int32) (int64, int64, error)
}

func expected(number int, baseTime int64) Record {
	return Record{
		Partition: int32(number % Partitions),
		Offset:    int64(number / Partitions),
		Key:       fmt.Appendf(nil, "key-%06d", number),
		Value:     fmt.Appendf(nil, "value-%06d %s", number, filler),
		Headers:   []Header{{"number", fmt.Appendf(nil, "%d", number)}, {"empty", nil}},
		Timestamp: baseTime + int64(number),
	}
}

func equal(a, b Record) bool {
	if len(a.Headers) != len(b.Headers) {
		return false
	}
	for at, header := range a.Headers {
		if header.Name != b.Headers[at].Name || !bytes.Equal(header.Value, b.Headers[at].Value) {
			return false
		}
	}
	return a.Partition == b.Partition && a.Offset == b.Offset && bytes.Equal(a.Key, b.Key) &&
		bytes.Equal(a.Value, b.Value) && a.Timestamp == b.Timestamp
}

type run struct {
	client   Client
	topic    string
	codec    string
	baseTime int64
	records  []Record
}

// Main plays the scenario once per codec; the exit status is 0 when all of it went well.
func Main(codecs string, connect func(bootstrap string) Client) {
	bootstrap := flag.String("bootstrap", "", "host:port")
	codec := flag.String("codec", codecs, "one, or several with commas between")
	topic := flag.String("topic", fmt.Sprintf("odradek-%d", time.Now().Unix()), "prefix; the codec is appended")
	count := flag.Int("records", 10_000, "how many")
	flag.Parse()
	good := true
	for _, name := range strings.Split(*codec, ",") {
		r := run{client: connect(*bootstrap), topic: *topic + "-" + name, codec: name,
			baseTime: time.Now().UnixMilli() - 60_000}
		for number := range *count {
			r.records = append(r.records, expected(number, r.baseTime))
		}
		good = r.play() && good
	}
	if !good {
		os.Exit(1)
	}
}

func (r *run) play() bool {
	steps := []struct {
		name string
		play func() (string, error)
	}{
		{"create", r.create}, {"produce", r.produce}, {"read all", r.readAll}, {"offsets by time", r.offsetsByTime},
		{"read from the middle", r.readMiddle}, {"long poll", r.longPoll}, {"delete", r.delete},
	}
	for _, step := range steps {
		started := time.Now()
		detail, err := step.play()
		if err != nil {
			detail = err.Error()
		}
		line, _ := json.Marshal(map[string]any{"codec": r.codec, "step": step.name, "ok": err == nil, "detail": detail,
			"seconds": time.Since(started).Seconds()})
		fmt.Println(string(line))
		if err != nil {
			return false
		}
	}
	return true
}

func (r *run) create() (string, error) {
	if err := r.client.Create(r.topic); err != nil {
		return "", err
	}
	if err := r.waitUntilListed(true); err != nil {
		return "", err
	}
	// Listed is not yet led: the first write must not race with that.
	return "", r.waitUntilLed()
}

func (r *run) waitUntilLed() (err error) {
	for partition := range int32(Partitions) {
		for range 100 {
			if _, _, err = r.client.Bounds(r.topic, partition); err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return err
}

func (r *run) delete() (string, error) {
	if err := r.client.Delete(r.topic); err != nil {
		return "", err
	}
	return "", r.waitUntilListed(false)
}

func (r *run) waitUntilListed(wanted bool) error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		topics, err := r.client.Topics()
		if err != nil || topics[r.topic] == wanted {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("listed: %v, wanted: %v", topics[r.topic], wanted)
		}
	}
}

func (r *run) produce() (string, error) {
	return fmt.Sprintf("%d records", len(r.records)), r.client.Write(r.topic, r.codec, r.records)
}

func (r *run) readAll() (string, error) {
	got, err := r.client.Read(r.topic, map[int32]int64{0: 0, 1: 0, 2: 0}, len(r.records), 30*time.Second)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d records", len(r.records)), compare(got, r.records)
}

func (r *run) readMiddle() (string, error) {
	starts := map[int32]int64{}
	for partition := range int32(Partitions) {
		starts[partition] = int64(len(r.records)/2/Partitions) + int64(partition)
	}
	var wanted []Record
	for _, record := range r.records {
		if record.Offset >= starts[record.Partition] {
			wanted = append(wanted, record)
		}
	}
	got, err := r.client.Read(r.topic, starts, len(wanted), 30*time.Second)
	if err != nil {
		return "", err
	}
	return "", compare(got, wanted)
}

func compare(got, wanted []Record) error {
	var ordered [Partitions][]Record
	for _, record := range wanted {
		ordered[record.Partition] = append(ordered[record.Partition], record)
	}
	for _, record := range got {
		left := ordered[record.Partition]
		if len(left) == 0 {
			return fmt.Errorf("partition %d has records too many", record.Partition)
		}
		if !equal(record, left[0]) {
			return fmt.Errorf("read %+v, wrote %+v", record, left[0])
		}
		ordered[record.Partition] = left[1:]
	}
	if len(got) != len(wanted) {
		return fmt.Errorf("read %d records, not %d", len(got), len(wanted))
	}
	return nil
}

func (r *run) endOf(partition int32) (end int64) {
	for _, record := range r.records {
		if record.Partition == partition {
			end = record.Offset + 1
		}
	}
	return end
}

func (r *run) offsetsByTime() (string, error) {
	for partition := range int32(Partitions) {
		first, end, err := r.client.Bounds(r.topic, partition)
		if err != nil {
			return "", err
		}
		if first != 0 || end != r.endOf(partition) {
			return "", fmt.Errorf("partition %d reaches from %d to %d", partition, first, end)
		}
	}
	for _, number := range []int{0, len(r.records) / 2, len(r.records) - Partitions} {
		for _, exact := range r.records[number : number+Partitions] {
			// A time between two records of one partition finds the later one.
			for _, early := range []int64{0, 1} {
				if err := r.expectOffset(exact.Partition, exact.Timestamp-early, exact.Offset); err != nil {
					return "", err
				}
			}
		}
	}
	return "", r.expectOffset(0, r.baseTime+10*int64(len(r.records)), -1)
}

func (r *run) expectOffset(partition int32, time, wanted int64) error {
	got, err := r.client.OffsetAt(r.topic, partition, time)
	if err == nil && got != wanted {
		err = fmt.Errorf("partition %d at time %d: offset %d, not %d", partition, time, got, wanted)
	}
	return err
}

func (r *run) longPoll() (string, error) {
	end := r.endOf(0)
	late := expected(int(end)*Partitions, r.baseTime)
	arrived := make(chan error, 1)
	go func() {
		got, err := r.client.Read(r.topic, map[int32]int64{0: end}, 1, LongPoll+5*time.Second)
		if err == nil {
			err = compare(got, []Record{late})
		}
		arrived <- err
	}()
	select {
	case err := <-arrived:
		return "", errors.Join(errors.New("the reader did not wait"), err)
	case <-time.After(time.Second): // the reader's fetch waits at the broker by now
	}
	written := time.Now()
	if err := r.client.Write(r.topic, r.codec, []Record{late}); err != nil {
		return "", err
	}
	if err := <-arrived; err != nil {
		return "", err
	}
	if took := time.Since(written); took > prompt {
		return "", fmt.Errorf("the record took %v", took)
	}
	return fmt.Sprintf("%d ms after the write began", time.Since(written).Milliseconds()), nil
}
