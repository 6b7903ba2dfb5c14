// Package arm has the records that programs around an arm exchange.
package arm

import "shm_pub_sub/shmpubsub"

// JointState is the dataclass of the same name in examples/joints.py.
type JointState struct {
	Stamp    int64                    `shm:"stamp,unit=ns"`
	Mode     shmpubsub.Text[[16]byte] `shm:"mode"`
	Position [7]float64               `shm:"position,unit=rad"`
	Velocity [7]float64               `shm:"velocity,unit=rad/s"`
	Homed    bool                     `shm:"homed"`
}

// Command says how fast the joints are to move.
type Command struct {
	Stamp    int64      `shm:"stamp,unit=ns"` // of the state that it answers
	Velocity [7]float64 `shm:"velocity,unit=rad/s"`
}
