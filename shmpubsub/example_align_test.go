package shmpubsub_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"shm_pub_sub/shmpubsub"
)

// An image and the joint angles of its instant, which are published more often.
func ExampleAlign() {
	type image [48][64][3]uint8
	images, err := shmpubsub.NewPublisher[image]("robot/image", 3)
	if err != nil {
		log.Fatal(err)
	}
	defer images.Close()
	angles, err := shmpubsub.NewPublisher[[6]float64]("robot/joints", 20)
	if err != nil {
		log.Fatal(err)
	}
	defer angles.Close()
	camera, err := shmpubsub.NewSubscriber("robot/image", image{})
	if err != nil {
		log.Fatal(err)
	}
	defer camera.Close()
	arm, err := shmpubsub.NewSubscriber("robot/joints", [6]float64{})
	if err != nil {
		log.Fatal(err)
	}
	defer arm.Close()
	aligned, err := shmpubsub.Align(5*time.Millisecond, camera, arm)
	if err != nil {
		log.Fatal(err)
	}
	defer aligned.Close()

	const ms = int64(time.Millisecond)
	exposed := shmpubsub.Now() - 50*ms
	for n := range int64(5) { // joint angles each 10 ms, and an image that comes late
		_ = angles.PublishAt([6]float64{float64(n)}, exposed+(10*n-18)*ms)
	}
	_ = images.PublishAt(image{{{255}}}, exposed)

	if err := aligned.Next(context.Background()); err != nil {
		log.Fatal(err)
	}
	joints, _ := arm.Aligned(aligned)
	camera.BorrowAligned(aligned, func(i *image) {
		fmt.Println("image", i[0][0], "joints", joints.Value[0], "spread", aligned.Spread())
	})
	// Output:
	// image [255 0 0] joints 2 spread 2ms
}
