// Records every value of a float topic in Go, whichever language publishes it, and without polling:
//
//	go run ./recorder                # in one terminal
//	python ../greenhouse_sensor.py   # in another; or go run ./publisher
//
// Ctrl-C ends it. Publishers may come and go meanwhile.
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
)

func main() {
	topic := flag.String("topic", "greenhouse/north_bed/air_celsius", "`name` to record")
	seconds := flag.Float64("seconds", 0, "how long to run (default: until Ctrl-C)")
	history := flag.Int("history", 1, "how many of the values that are there already")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *seconds > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer stop()
	}
	if err := run(ctx, *topic, *history); err != nil {
		log.Fatal(err)
	}
}

// run prints every value until ctx ends.
func run(ctx context.Context, topic string, history int) error {
	sub, err := shmpubsub.NewFloatSubscriber(topic, 0, shmpubsub.WithHistory(history))
	if err != nil {
		return err
	}
	defer sub.Close()
	fmt.Println("recording", topic)
	for received := 0; ; received++ {
		sample, err := sub.RecvSample(ctx)
		if err != nil {
			fmt.Println(received, "received,", sub.Lost(), "lost")
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil
			}
			return err
		}
		fmt.Printf("%6d %8.2f  %v old\n", sample.Sequence, sample.Value, sample.Age.Round(time.Microsecond))
	}
}
