package shmpubsub_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"shm_pub_sub/shmpubsub"
)

// The two halves are usually two programs.
func Example() {
	pub, err := shmpubsub.NewFloatPublisher("robot/lidar/distance", 5)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()

	sub, err := shmpubsub.NewFloatSubscriber("robot/lidar/distance", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	fmt.Println(sub.Subscribe()) // nothing published yet: the default
	if err := pub.Publish(3.2); err != nil {
		log.Fatal(err)
	}
	fmt.Println(sub.Subscribe())
	fmt.Println(sub.Subscribe()) // the newest value, until there is a newer one
	// Output:
	// 0 false
	// 3.2 true
	// 3.2 true
}

// A subscriber reattaches when its publisher restarts.
func ExampleSubscriber_Subscribe_restart() {
	sub, err := shmpubsub.NewIntSubscriber("counter", -1)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	for run := range int64(2) {
		pub, err := shmpubsub.NewIntPublisher("counter", 3)
		if err != nil {
			log.Fatal(err)
		}
		_ = pub.Publish(100 + run)
		fmt.Println(sub.Subscribe())
		pub.Close()
		fmt.Println(sub.Subscribe())
	}
	// Output:
	// 100 true
	// -1 false
	// 101 true
	// -1 false
}

func ExampleNewIntPublisher_exists() {
	pub, err := shmpubsub.NewIntPublisher("motor", 3)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()

	_, err = shmpubsub.NewIntPublisher("motor", 3)
	fmt.Println(errors.Is(err, shmpubsub.ErrExists))
	// Output:
	// true
}

// A watchdog, for a publisher that lives but hangs.
func ExampleWithMaxAge() {
	pub, err := shmpubsub.NewBoolPublisher("robot/enabled", 3)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewBoolSubscriber("robot/enabled", false, shmpubsub.WithMaxAge(50*time.Millisecond))
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	_ = pub.Publish(true)
	time.Sleep(60 * time.Millisecond) // the publisher hangs
	fmt.Println(sub.Subscribe())
	// Output:
	// false false
}

// A program that sets a value and ends.
func ExampleWithRetain() {
	pub, err := shmpubsub.NewFloatPublisher("calibration", 1, shmpubsub.WithRetain())
	if err != nil {
		log.Fatal(err)
	}
	_ = pub.Publish(0.998)
	pub.Close()

	sub, err := shmpubsub.NewFloatSubscriber("calibration", 1)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()
	fmt.Println(sub.Subscribe())
	_ = shmpubsub.Remove("calibration")
	fmt.Println(sub.Subscribe())
	// Output:
	// 0.998 true
	// 1 false
}

func ExampleInspect() {
	pub, err := shmpubsub.NewFloatPublisher("robot/lidar/distance", 5)
	if err != nil {
		log.Fatal(err)
	}
	_ = pub.Publish(3.2)

	info, err := shmpubsub.Inspect("robot/lidar/distance")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Type, info.Depth, info.Published, info.Alive)
	pub.Close()
	_, err = shmpubsub.Inspect("robot/lidar/distance")
	fmt.Println(errors.Is(err, shmpubsub.ErrNoPublisher))
	// Output:
	// float 5 1 true
	// true
}

func ExampleList() {
	for _, topic := range []string{"robot/lidar", "robot/camera"} {
		pub, err := shmpubsub.NewIntPublisher(topic, 3)
		if err != nil {
			log.Fatal(err)
		}
		defer pub.Close()
	}
	topics, err := shmpubsub.List()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(topics)
	// Output:
	// [robot/camera robot/lidar]
}

// Remove removes a dead publisher's topic, and refuses a live one's.
func ExampleRemove() {
	pub, err := shmpubsub.NewIntPublisher("odometer", 3, shmpubsub.WithRetain())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(errors.Is(shmpubsub.Remove("odometer"), shmpubsub.ErrExists))
	pub.Close()
	fmt.Println(shmpubsub.Remove("odometer"))
	fmt.Println(errors.Is(shmpubsub.Remove("odometer"), shmpubsub.ErrNoPublisher))
	// Output:
	// true
	// <nil>
	// true
}
