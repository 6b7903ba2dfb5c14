// A policy in Go that acts on images and joint angles of the same instant:
//
//	python ../policy_aligned.py robot   # in one terminal
//	go run ./policy                     # in another, in any order
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

// image is an array of shape (240, 320, 3) in Python.
type image [240][320][3]uint8

const tolerance = 10 * time.Millisecond // the period of the joints

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
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

// run acts on each set of samples until ctx ends.
func run(ctx context.Context) error {
	camera, err := shmpubsub.NewSubscriber("robot/image", image{})
	if err != nil {
		return err
	}
	defer camera.Close()
	arm, err := shmpubsub.NewSubscriber("robot/joints", [7]float64{})
	if err != nil {
		return err
	}
	defer arm.Close()
	aligned, err := shmpubsub.Align(tolerance, camera, arm)
	if err != nil {
		return err
	}
	defer aligned.Close()
	fmt.Println("waiting for the robot")
	for count := 1; ; count++ {
		if err := aligned.Next(ctx); err != nil {
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil
			}
			return err
		}
		joints, ok := arm.Aligned(aligned)
		if !ok {
			return arm.Err()
		}
		camera.BorrowAligned(aligned, func(i *image) { act(i, joints.Value) })
		if count%15 == 0 {
			fmt.Printf("set %d, %v old, spread %v, dropped %d\n", count, joints.Age.Round(time.Millisecond),
				aligned.Spread().Round(100*time.Microsecond), aligned.Dropped())
		}
	}
}

// act is where a network would infer an action.
func act(*image, [7]float64) {}
