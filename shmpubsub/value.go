package shmpubsub

import (
	"math"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// Value is the type of a topic's values.
type Value interface{ bool | int64 | float64 }

// codec converts values of one type to the ring's words and back.
type codec[T Value] struct {
	tag    descriptor.Type
	encode func(T) uint64
	decode func(uint64) T
}

var (
	boolCodec = codec[bool]{
		tag: descriptor.Bool,
		encode: func(v bool) uint64 {
			if v {
				return 1
			}
			return 0
		},
		decode: func(w uint64) bool { return w&0xff != 0 },
	}
	intCodec = codec[int64]{
		tag:    descriptor.Int,
		encode: func(v int64) uint64 { return uint64(v) },
		decode: func(w uint64) int64 { return int64(w) },
	}
	floatCodec = codec[float64]{tag: descriptor.Float, encode: math.Float64bits, decode: math.Float64frombits}
)
