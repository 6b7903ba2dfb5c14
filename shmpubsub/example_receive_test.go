package shmpubsub_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"shm_pub_sub/shmpubsub"
)

// Every value in its turn, and no longer than half a second for one.
func ExampleSubscriber_Recv() {
	pub, err := shmpubsub.NewFloatPublisher("scale/grams", 10)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewFloatSubscriber("scale/grams", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	_ = pub.PublishMany([]float64{12.5, 12.6, 12.8})
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		grams, err := sub.Recv(ctx)
		cancel()
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(grams)
	}
	// Output:
	// 12.5
	// 12.6
	// 12.8
	// context deadline exceeded
}

// A loop that ends when its subscriber is closed, or its context ends.
func ExampleSubscriber_Values() {
	pub, err := shmpubsub.NewIntPublisher("door/events", 10)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewIntSubscriber("door/events", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	go func() { // usually another program
		for event := range int64(4) {
			_ = pub.Publish(event)
		}
	}()
	for event := range sub.Values(context.Background()) {
		fmt.Println("event", event)
		if event == 3 {
			break
		}
	}
	fmt.Println(sub.Lost(), "lost")
	// Output:
	// event 0
	// event 1
	// event 2
	// event 3
	// 0 lost
}

// All values since the last time, in a loop with its own pace.
func ExampleSubscriber_Drain() {
	pub, err := shmpubsub.NewIntPublisher("encoder/ticks", 4)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewIntSubscriber("encoder/ticks", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer sub.Close()

	for _, ticks := range [][]int64{{1, 2, 3}, {}, {4, 5, 6, 7, 8, 9}} {
		_ = pub.PublishMany(ticks)
		fmt.Println(sub.Drain(), sub.Lost(), "lost")
	}
	// Output:
	// [1 2 3] 0 lost
	// [] 0 lost
	// [6 7 8 9] 2 lost
}

// Topics of different types in one goroutine.
func ExampleSelect() {
	buttons, err := shmpubsub.NewIntPublisher("panel/button", 10)
	if err != nil {
		log.Fatal(err)
	}
	defer buttons.Close()
	messages, err := shmpubsub.NewTextPublisher("panel/message", 10)
	if err != nil {
		log.Fatal(err)
	}
	defer messages.Close()
	button, err := shmpubsub.NewIntSubscriber("panel/button", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer button.Close()
	message, err := shmpubsub.NewTextSubscriber("panel/message", "")
	if err != nil {
		log.Fatal(err)
	}
	defer message.Close()

	_ = messages.Publish("ready")
	_ = buttons.PublishMany([]int64{3, 4})
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	for {
		ready, err := shmpubsub.Select(ctx, button, message)
		if err != nil {
			fmt.Println(err)
			break
		}
		for _, topic := range ready {
			switch topic {
			case button:
				fmt.Println("buttons", button.Drain())
			case message:
				fmt.Println("messages", message.Drain())
			}
		}
	}
	// Output:
	// buttons [3 4]
	// messages [ready]
	// context deadline exceeded
}

func ExampleWithHistory() {
	pub, err := shmpubsub.NewIntPublisher("log/codes", 5)
	if err != nil {
		log.Fatal(err)
	}
	defer pub.Close()
	_ = pub.PublishMany([]int64{1, 2, 3, 4, 5, 6})

	for _, history := range []int{0, 1, 3} {
		sub, err := shmpubsub.NewIntSubscriber("log/codes", 0, shmpubsub.WithHistory(history))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(sub.Drain())
		sub.Close()
	}
	// Output:
	// []
	// [6]
	// [4 5 6]
}

func ExampleSubscriber_Newest() {
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

	_ = pub.PublishMany([]float64{3.1, 3.2})
	sample, ok := sub.Newest()
	fmt.Println(sample.Value, sample.Sequence, sample.Age < time.Minute, ok)
	// Output:
	// 3.2 2 true true
}
