// Reads a float topic in Go, whichever language publishes it:
//
//	go run ./subscriber              # in one terminal
//	python ../greenhouse_sensor.py   # in another; or go run ./publisher
//
// Ctrl-C ends it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"shm_pub_sub/shmpubsub"
)

func main() {
	topic := flag.String("topic", "greenhouse/north_bed/air_celsius", "`name` to read")
	seconds := flag.Float64("seconds", 0, "how long to run (default: until Ctrl-C)")
	maxAge := flag.Duration("max-age", time.Second, "what is older counts as no value")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *seconds > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer stop()
	}
	if err := run(ctx, *topic, *maxAge); err != nil {
		log.Fatal(err)
	}
}

// run prints every change until ctx ends.
func run(ctx context.Context, topic string, maxAge time.Duration) error {
	sub, err := shmpubsub.NewFloatSubscriber(topic, 0, shmpubsub.WithMaxAge(maxAge))
	if err != nil {
		return err
	}
	defer sub.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	last := ""
	for {
		line := "no sensor"
		if celsius, ok := sub.Subscribe(); ok {
			line = fmt.Sprintf("air %6.2f °C", celsius)
		} else if err := sub.Err(); err != nil {
			line = err.Error()
		}
		if line != last {
			fmt.Println(line)
			last = line
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
