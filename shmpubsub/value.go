package shmpubsub

import (
	"math"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// Value is the type of a topic's values.
type Value interface{ bool | int64 | float64 }

// codec converts values of one type to the ring's words and back.
type codec[T Value] struct {
	tag    segment.Type
	encode func(T) uint64
	decode func(uint64) T
}

var (
	boolCodec = codec[bool]{
		tag: segment.Bool,
		encode: func(v bool) uint64 {
			if v {
				return 1
			}
			return 0
		},
		decode: func(w uint64) bool { return w&0xff != 0 },
	}
	intCodec = codec[int64]{
		tag:    segment.Int,
		encode: func(v int64) uint64 { return uint64(v) },
		decode: func(w uint64) int64 { return int64(w) },
	}
	floatCodec = codec[float64]{tag: segment.Float, encode: math.Float64bits, decode: math.Float64frombits}
)
