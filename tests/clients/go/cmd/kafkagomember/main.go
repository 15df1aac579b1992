// A member of a group with kafka-go's ConsumerGroup, which its Reader is made of, for tests/groups.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
)

var lock sync.Mutex

func say(what map[string]any) {
	lock.Lock()
	defer lock.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(what)
}

func main() {
	bootstrap := flag.String("bootstrap", "", "")
	name := flag.String("group", "", "")
	topic := flag.String("topic", "", "")
	commit := flag.String("commit", "sync", "")
	session := flag.Int("session-ms", 6000, "")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	for ctx.Err() == nil {
		// With no broker to be found it gives up; a program would try again.
		group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
			ID: *name, Brokers: []string{*bootstrap}, Topics: []string{*topic}, StartOffset: kafka.FirstOffset,
			SessionTimeout: time.Duration(*session) * time.Millisecond, HeartbeatInterval: 500 * time.Millisecond,
			JoinGroupBackoff: 200 * time.Millisecond, WatchPartitionChanges: true, PartitionWatchInterval: 2 * time.Second,
		})
		if err != nil {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		for ctx.Err() == nil {
			generation, err := group.Next(ctx)
			if errors.Is(err, kafka.ErrGroupClosed) {
				break
			}
			if err == nil {
				take(generation, *bootstrap, *topic, *commit)
			}
		}
		_ = group.Close()
	}
}

// Reads what this generation gives us until the next one begins.
func take(generation *kafka.Generation, bootstrap, topic, commit string) {
	all := [][]any{}
	for _, given := range generation.Assignments[topic] {
		all = append(all, []any{topic, given.ID})
	}
	say(map[string]any{"assigned": all})
	for _, given := range generation.Assignments[topic] {
		generation.Start(func(ctx context.Context) {
			reader := kafka.NewReader(kafka.ReaderConfig{
				Brokers: []string{bootstrap}, Topic: topic, Partition: given.ID, MaxWait: 200 * time.Millisecond})
			defer reader.Close()
			_ = reader.SetOffset(given.Offset)
			for {
				message, err := reader.ReadMessage(ctx)
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					time.Sleep(100 * time.Millisecond)
					continue
				}
				next := map[string]map[int]int64{topic: {given.ID: message.Offset + 1}}
				if commit == "before" && generation.CommitOffsets(next) != nil {
					return // whoever has the partition now may have read it
				}
				say(map[string]any{"value": string(message.Value)})
				if commit == "sync" {
					_ = generation.CommitOffsets(next)
				}
			}
		})
	}
}
