// The state of an arm's joints as a struct, which is the same record as the dataclass in joints.py:
//
//	go run ./joints              # in one terminal
//	python ../joints.py watch    # in another, in any order
//
// With -watch it prints states that joints.py or another one of it publishes. Ctrl-C ends it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"os/signal"
	"time"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub_examples/arm"
)

func main() {
	topic := flag.String("topic", "arm/joints", "`name` to publish")
	seconds := flag.Float64("seconds", 0, "how long to run (default: until Ctrl-C)")
	watching := flag.Bool("watch", false, "read instead")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *seconds > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer stop()
	}
	run := publish
	if *watching {
		run = watch
	}
	if err := run(ctx, *topic); err != nil {
		log.Fatal(err)
	}
}

// publish makes every joint swing at a rate of its own until ctx ends.
func publish(ctx context.Context, topic string) (err error) {
	pub, err := shmpubsub.NewPublisher[arm.JointState](topic, 3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pub.Close()) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	state := arm.JointState{Homed: true}
	if err := state.Mode.Set("swing"); err != nil {
		return err
	}
	for start := time.Now(); ; {
		elapsed := time.Since(start).Seconds()
		for i := range state.Position {
			rate := float64(i + 1)
			state.Position[i], state.Velocity[i] = math.Sin(rate*elapsed), rate*math.Cos(rate*elapsed)
		}
		state.Stamp = time.Now().UnixNano()
		if err := pub.Publish(state); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// watch prints every tenth state until ctx ends.
func watch(ctx context.Context, topic string) error {
	sub, err := shmpubsub.NewSubscriber(topic, arm.JointState{})
	if err != nil {
		return err
	}
	defer sub.Close()
	for received := 0; ; received++ {
		state, err := sub.Recv(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if received%10 == 0 {
			fmt.Printf("%s: joint 0 at %+.2f, %+.2f rad/s\n", &state.Mode, state.Position[0], state.Velocity[0])
		}
	}
}
