// A camera in Go that fills its frames in shared memory, for viewers in Python:
//
//	go run ./examples/go/camera      # in one terminal
//	python examples/viewer.py        # in another, in any order
//
// Ctrl-C ends it.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"
	"time"

	"shm_pub_sub/shmpubsub"
)

const (
	height, width = 480, 640
	bar           = 40 // columns
)

// frame is an array of shape (480, 640, 3) in Python: height, width, RGB.
type frame [height][width][3]uint8

func main() {
	topic := flag.String("topic", "robot/camera", "`name` to publish")
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

// run publishes 30 frames a second, in which a red bar moves to the right, until ctx ends.
func run(ctx context.Context, topic string) (err error) {
	pub, err := shmpubsub.NewPublisher[frame](topic, 3)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pub.Close()) }()
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	for left := 0; ; left = (left + 3) % (width - bar) {
		err := pub.Loan(func(f *frame) error { // published when it returns
			draw(f, left)
			return nil
		})
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// draw sets every pixel: a loan holds what an earlier frame left there.
func draw(f *frame, left int) {
	for y := range f {
		for x := range f[y] {
			f[y][x] = [3]uint8{16, 16, 16}
			if x >= left && x < left+bar {
				f[y][x] = [3]uint8{255, 0, 0}
			}
		}
	}
}
