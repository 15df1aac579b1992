// A member of a group with sarama, for tests/groups.
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

	"github.com/IBM/sarama"
)

type member struct {
	lock   sync.Mutex
	group  sarama.ConsumerGroup
	commit string
	play   string
}

func (m *member) say(what map[string]any) {
	m.lock.Lock()
	defer m.lock.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(what)
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	all := [][]any{}
	for topic, numbers := range session.Claims() {
		for _, number := range numbers {
			all = append(all, []any{topic, number})
		}
	}
	m.say(map[string]any{"assigned": all})
	return nil
}

func (m *member) Cleanup(session sarama.ConsumerGroupSession) error {
	if m.commit != "auto" {
		session.Commit()
	}
	m.say(map[string]any{"assigned": [][]any{}})
	return nil
}

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, isThere := <-claim.Messages():
			if !isThere {
				return nil
			}
			m.say(map[string]any{"value": string(message.Value)})
			session.MarkMessage(message, "")
			if m.commit == "sync" && len(claim.Messages()) == 0 {
				session.Commit()
			}
			m.pauseOnce()
		case <-session.Context().Done():
			return nil
		}
	}
}

// After the first record: nothing for a while. What has been fetched before may still come.
func (m *member) pauseOnce() {
	m.lock.Lock()
	isFirst := m.play == "pause"
	m.play = ""
	m.lock.Unlock()
	if !isFirst {
		return
	}
	m.group.PauseAll()
	time.AfterFunc(1500*time.Millisecond, m.group.ResumeAll)
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

	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = *commit == "auto"
	config.Consumer.Offsets.AutoCommit.Interval = 500 * time.Millisecond
	config.Consumer.Group.Session.Timeout = time.Duration(*session) * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	config.Consumer.Group.InstanceId = *instance
	config.Metadata.RefreshFrequency = 2 * time.Second
	config.Metadata.Retry.Backoff = 100 * time.Millisecond
	consumers, err := sarama.NewConsumerGroup([]string{*bootstrap}, *group, config)
	if err != nil {
		panic(err)
	}
	m := &member{group: consumers, commit: *commit, play: *play}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	for ctx.Err() == nil {
		// Ends with each rebalance, and when the broker is away.
		if err := consumers.Consume(ctx, []string{*topic}, m); err != nil {
			time.Sleep(100 * time.Millisecond)
		}
	}
	_ = consumers.Close()
}
