// A greenhouse thermometer in Go, for subscribers in Go and Python alike:
//
//	go run ./publisher               # in one terminal
//	python ../greenhouse_watch.py   # in another; or go run ./subscriber
//
// Ctrl-C ends it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"

	"shm_pub_sub/shmpubsub"
)

func main() {
	topic := flag.String("topic", "greenhouse/north_bed/air_celsius", "`name` to publish")
	seconds := flag.Float64("seconds", 0, "how long to run (default: until Ctrl-C)")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *seconds > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer stop()
	}
	if err := run(ctx, *topic); err != nil {
		log.Fatal(err)
	}
}

// run publishes a temperature that drifts around 22 degrees until ctx ends.
func run(ctx context.Context, topic string) (err error) {
	pub, err := shmpubsub.NewFloatPublisher(topic, 3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pub.Close()) }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for celsius := 22.0; ; {
		celsius += rand.NormFloat64() + 0.05*(22-celsius)
		if err := pub.Publish(celsius); err != nil {
			return err
		}
		fmt.Printf("air %6.2f °C\n", celsius)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
