package shmpubsub_test

import (
	"fmt"

	"shm_pub_sub/shmpubsub"
)

// An IMU's sample, which a Python program may read as a dataclass of the same fields:
//
//	@dataclass
//	class Sample:
//	    stamp: int = 0
//	    accel: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
//	    frame: Annotated[str, 16] = ""
func ExampleNewPublisher_struct() {
	type Sample struct {
		Stamp int64                     `shm:"stamp,unit=ns"`
		Accel [3]float64                `shm:"accel,unit=m/s^2"`
		Frame shmpubsub.Text[[16]uint8] `shm:"frame"`
	}
	pub, err := shmpubsub.NewPublisher[Sample]("robot/imu", 3)
	if err != nil {
		panic(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewSubscriber("robot/imu", Sample{})
	if err != nil {
		panic(err)
	}
	defer sub.Close()

	sample := Sample{Stamp: 1_000_000, Accel: [3]float64{0, 0, 9.81}}
	if err := sample.Frame.Set("base_link"); err != nil {
		panic(err)
	}
	if err := pub.Publish(sample); err != nil {
		panic(err)
	}
	got, ok := sub.Subscribe()
	fmt.Println(got.Accel, got.Frame, ok)
	fmt.Println(sub.Metadata().Fields["accel"].Unit)
	// Output:
	// [0 0 9.81] base_link true
	// m/s^2
}

// A scan with its time: the points vary in number, up to the room for them.
func ExampleArray() {
	type Scan struct {
		Stamp  int64                             `shm:"stamp"`
		Points shmpubsub.Array[[1000][3]float32] `shm:"points,unit=m"`
	}
	pub, err := shmpubsub.NewPublisher[Scan]("robot/scan", 3)
	if err != nil {
		panic(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewSubscriber("robot/scan", Scan{})
	if err != nil {
		panic(err)
	}
	defer sub.Close()

	err = pub.Loan(func(s *Scan) error {
		s.Stamp = 1
		s.Points.Data[0] = [3]float32{1, 2, 3}
		s.Points.Data[1] = [3]float32{4, 5, 6}
		return s.Points.SetLen(2)
	})
	sub.Borrow(func(s *Scan) { fmt.Println(s.Points.Data[:s.Points.Len()]) })
	fmt.Println(err)
	// Output:
	// [[1 2 3] [4 5 6]]
	// <nil>
}

// What a detector sees in an image: as many as there are.
func ExampleWithList() {
	type Detection struct {
		Label shmpubsub.Text[[16]byte] `shm:"label"`
		Score float64                  `shm:"score"`
		Box   [4]int32                 `shm:"box"`
	}
	pub, err := shmpubsub.NewSlicePublisher[Detection]("camera/detections", 3, shmpubsub.WithList(), shmpubsub.WithMaxSize(20))
	if err != nil {
		panic(err)
	}
	defer pub.Close()
	sub, err := shmpubsub.NewSliceSubscriber[Detection]("camera/detections")
	if err != nil {
		panic(err)
	}
	defer sub.Close()

	cup := Detection{Score: 0.9, Box: [4]int32{10, 20, 50, 80}}
	if err := cup.Label.Set("cup"); err != nil {
		panic(err)
	}
	if err := pub.Publish([]Detection{cup}); err != nil {
		panic(err)
	}
	seen, _ := sub.Subscribe(nil)
	for _, d := range seen {
		fmt.Println(d.Label, d.Score, d.Box)
	}
	// Output: cup 0.9 [10 20 50 80]
}
