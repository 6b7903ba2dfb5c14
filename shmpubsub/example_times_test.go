package shmpubsub_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"shm_pub_sub/shmpubsub"
)

// An encoder's readings around the exposure of a camera's frame.
func ExampleSubscriber_At() {
	pub, err := shmpubsub.NewFloatPublisher("arm/angle", 100)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewFloatSubscriber("arm/angle", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	const ms = int64(time.Millisecond)
	start := shmpubsub.Now() - 100*ms
	for i := range int64(5) { // usually another program, with the times of its measurements
		_ = pub.PublishAt(float64(i)/10, start+i*10*ms)
	}

	exposed := start + 22*ms
	angle, ok := sub.At(exposed)
	fmt.Println(angle.Value, ok, angle.Time-exposed)
	next, err := sub.After(context.Background(), exposed)
	fmt.Println(next.Value, err)
	for _, angle := range sub.Since(exposed) {
		fmt.Println(angle.Sequence, angle.Value)
	}
	// Output:
	// 0.2 true -2000000
	// 0.3 <nil>
	// 4 0.3
	// 5 0.4
}

// A camera's driver reports when it has exposed what it fills in.
func ExamplePublisher_LoanAt() {
	type frame [480][640]uint8
	pub, err := shmpubsub.NewPublisher[frame]("arm/camera", 3)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewSubscriber("arm/camera", frame{})
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	grab := func(f *frame) (int64, error) {
		exposed := shmpubsub.Now()
		time.Sleep(20 * time.Millisecond) // reading it out
		f[240][320] = 255
		return exposed, nil
	}
	fmt.Println(pub.LoanAt(grab))
	sample, ok := sub.Newest()
	fmt.Println(sample.Value[240][320], ok, sample.Age >= 20*time.Millisecond)
	// Output:
	// <nil>
	// 255 true true
}
