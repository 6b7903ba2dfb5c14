package shmpubsub_test

import (
	"fmt"

	"shm_pub_sub/shmpubsub"
)

// Frames are filled and read in shared memory.
func ExamplePublisher_Loan() {
	type frame [480][640][3]uint8
	pub, err := shmpubsub.NewPublisher[frame]("robot/camera", 3)
	if err != nil {
		panic(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewSubscriber("robot/camera", frame{})
	if err != nil {
		panic(err)
	}
	defer sub.Close()

	err = pub.Loan(func(f *frame) error {
		f[240][320] = [3]uint8{255, 0, 0}
		return nil
	})
	ok := sub.Borrow(func(f *frame) { fmt.Println(f[240][320]) })
	fmt.Println(ok, err)
	// Output:
	// [255 0 0]
	// true <nil>
}

// A point cloud has another number of points in each scan.
func ExampleNewSlicePublisher() {
	type point [3]float32
	pub, err := shmpubsub.NewSlicePublisher[point]("robot/lidar", 3, shmpubsub.WithMaxSize(1000))
	if err != nil {
		panic(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewSliceSubscriber[point]("robot/lidar")
	if err != nil {
		panic(err)
	}
	defer sub.Close()

	var points []point
	for n := range 3 {
		if err := pub.Publish(make([]point, n)); err != nil {
			panic(err)
		}
		points, _ = sub.Subscribe(points[:0])
		fmt.Println(len(points))
	}
	// Output:
	// 0
	// 1
	// 2
}
