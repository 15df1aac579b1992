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

// Goes back to where the partitions begin, or is paused for a while.
func (m *member) once(client *kgo.Client, play, topic string) {
	say := json.NewEncoder(os.Stdout)
	m.lock.Lock()
	defer m.lock.Unlock()
	if play == "pause" {
		client.PauseFetchTopics(topic)
		_ = say.Encode(map[string]any{"paused": true})
		time.AfterFunc(1500*time.Millisecond, func() {
			m.lock.Lock()
			_ = say.Encode(map[string]any{"paused": false})
			m.lock.Unlock()
			client.ResumeFetchTopics(topic)
		})
		return
	}
	start := map[string]map[int32]kgo.EpochOffset{topic: {}}
	for number := range m.assigned[topic] {
		start[topic][number] = kgo.EpochOffset{Epoch: -1, Offset: 0}
	}
	client.SetOffsets(start)
	_ = say.Encode(map[string]any{"sought": 0})
}

func main() {
	bootstrap := flag.String("bootstrap", "", "")
	group := flag.String("group", "", "")
	topic := flag.String("topic", "", "")
	commit := flag.String("commit", "sync", "")
	instance := flag.String("instance", "", "")
	session := flag.Int("session-ms", 6000, "")
	play := flag.String("play", "", "")
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
	if *commit == "before" {
		// Or others may be given what was polled, and read it, before it is committed here.
		options = append(options, kgo.BlockRebalanceOnPoll())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	say := json.NewEncoder(os.Stdout)
	for ctx.Err() == nil {
		client.AllowRebalance()
		fetches := client.PollFetches(ctx)
		if *commit == "before" && client.CommitRecords(context.Background(), fetches.Records()...) != nil {
			continue // whoever has the partitions now may have read them
		}
		fetches.EachRecord(func(record *kgo.Record) {
			m.lock.Lock()
			_ = say.Encode(map[string]any{"value": string(record.Value)})
			m.lock.Unlock()
		})
		if fetches.NumRecords() > 0 && *play != "" {
			m.once(client, *play, *topic)
			*play = ""
		}
		if *commit == "sync" {
			_ = client.CommitUncommittedOffsets(context.Background())
		}
	}
	if *commit == "auto" {
		_ = client.CommitUncommittedOffsets(context.Background())
	}
	client.CloseAllowingRebalance()
}
