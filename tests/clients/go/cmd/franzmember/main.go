// A member of a group with franz-go, for tests/groups.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type member struct {
	lock     sync.Mutex
	assigned map[string]map[int32]bool
}

// Changes what is assigned, and says all of it.
func (m *member) change(partitions map[string][]int32, isThere bool) {
	m.lock.Lock()
	defer m.lock.Unlock()
	for topic, numbers := range partitions {
		if m.assigned[topic] == nil {
			m.assigned[topic] = map[int32]bool{}
		}
		for _, number := range numbers {
			if isThere {
				m.assigned[topic][number] = true
			} else {
				delete(m.assigned[topic], number)
			}
		}
	}
	all := [][]any{}
	for topic, numbers := range m.assigned {
		for number := range numbers {
			all = append(all, []any{topic, number})
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"assigned": all})
}

func main() {
	bootstrap := flag.String("bootstrap", "", "")
	group := flag.String("group", "", "")
	topic := flag.String("topic", "", "")
	commit := flag.String("commit", "sync", "")
	instance := flag.String("instance", "", "")
	session := flag.Int("session-ms", 6000, "")
	flag.Parse()

	m := &member{assigned: map[string]map[int32]bool{}}
	assigned := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { m.change(partitions, true) }
	gone := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) { m.change(partitions, false) }
	options := []kgo.Opt{
		kgo.SeedBrokers(*bootstrap), kgo.ConsumerGroup(*group), kgo.ConsumeTopics(*topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.MetadataMaxAge(2 * time.Second), kgo.MetadataMinAge(500 * time.Millisecond),
		kgo.SessionTimeout(time.Duration(*session) * time.Millisecond), kgo.HeartbeatInterval(500 * time.Millisecond),
		kgo.OnPartitionsAssigned(assigned), kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone),
	}
	if (*topic)[0] == '^' {
		options = append(options, kgo.ConsumeRegex())
	}
	if *instance != "" {
		options = append(options, kgo.InstanceID(*instance))
	}
	if *commit == "auto" {
		options = append(options, kgo.AutoCommitInterval(500*time.Millisecond))
	} else {
		options = append(options, kgo.DisableAutoCommit())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	say := json.NewEncoder(os.Stdout)
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(record *kgo.Record) {
			m.lock.Lock()
			_ = say.Encode(map[string]any{"value": string(record.Value)})
			m.lock.Unlock()
		})
		if *commit != "auto" {
			_ = client.CommitUncommittedOffsets(context.Background())
		}
	}
	if *commit == "auto" {
		_ = client.CommitUncommittedOffsets(context.Background())
	}
	client.Close()
}
