// A controller in Go that brings every joint of an arm to one angle. It waits for states and for new angles at once:
//
//	go run ./joints                          # in one terminal; or python ../joints.py arm
//	go run ./controller                      # in another, in any order
//	shm-pub-sub pub arm/target 0.5           # an angle, whenever you like
//	shm-pub-sub echo arm/command             # what it commands
//
// Ctrl-C ends it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub_examples/arm"
)

const gain = 2 // 1/s

func main() {
	seconds := flag.Float64("seconds", 0, "how long to run (default: until Ctrl-C)")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *seconds > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer stop()
	}
	if err := run(ctx); err != nil && !errors.Is(err, ctx.Err()) {
		log.Fatal(err)
	}
}

// run answers every state with a command until ctx ends.
func run(ctx context.Context) (err error) {
	states, err := shmpubsub.NewSubscriber("arm/joints", arm.JointState{})
	if err != nil {
		return err
	}
	defer states.Close()
	targets, err := shmpubsub.NewFloatSubscriber("arm/target", 0)
	if err != nil {
		return err
	}
	defer targets.Close()
	commands, err := shmpubsub.NewPublisher[arm.Command]("arm/command", 3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, commands.Close()) }()

	fmt.Println("waiting for the arm")
	if err := states.WaitForPublisher(ctx); err != nil {
		return err
	}
	target := 0.0 // rad
	for {
		ready, err := shmpubsub.Select(ctx, states, targets)
		if err != nil {
			return err
		}
		for _, sub := range ready {
			switch sub {
			case targets:
				if angle, ok := targets.TryRecv(); ok {
					target = angle
					fmt.Printf("target %+.2f rad\n", target)
				}
			case states:
				if state, ok := states.TryRecv(); ok {
					err = commands.Publish(follow(state, target))
				}
			}
			if err := errors.Join(err, sub.Err()); err != nil { // such as another type's publisher
				return err
			}
		}
	}
}

// follow commands a velocity in proportion to what is left of the way.
func follow(state arm.JointState, target float64) arm.Command {
	command := arm.Command{Stamp: state.Stamp}
	for i, angle := range state.Position {
		command.Velocity[i] = gain * (target - angle)
	}
	return command
}
