// A camera in Go that fills its frames in shared memory, for viewers in Python. The size of a frame is known when it runs, so
// a frame is a slice:
//
//	go run ./camera            # in one terminal
//	python ../viewer.py        # in another, in any order
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
)

const bar = 40 // columns

func main() {
	topic := flag.String("topic", "robot/camera", "`name` to publish")
	width := flag.Int("width", 640, "of a frame, in `pixels`")
	height := flag.Int("height", 480, "of a frame, in `pixels`")
	seconds := flag.Float64("seconds", 0, "how long to run (default: until Ctrl-C)")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *seconds > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(*seconds*float64(time.Second)))
		defer stop()
	}
	if err := run(ctx, *topic, *width, *height); err != nil {
		log.Fatal(err)
	}
}

// run publishes 30 frames a second, in which a red bar moves to the right, until ctx ends. In Python a frame is an array of
// shape (height, width, 3).
func run(ctx context.Context, topic string, width, height int) (err error) {
	if width <= bar {
		return fmt.Errorf("found a width of %d pixels; expected more than %d, the bar's", width, bar)
	}
	pub, err := shmpubsub.NewSlicePublisher[[3]uint8](topic, 3, shmpubsub.WithShape(height, width))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pub.Close()) }()
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	for left := 0; ; left = (left + 3) % (width - bar) {
		err := pub.Loan(width*height, func(pixels [][3]uint8) error { // published when it returns
			draw(pixels, width, left)
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
func draw(pixels [][3]uint8, width, left int) {
	for i := range pixels {
		pixels[i] = [3]uint8{16, 16, 16}
		if x := i % width; x >= left && x < left+bar {
			pixels[i] = [3]uint8{255, 0, 0}
		}
	}
}
