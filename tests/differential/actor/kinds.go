package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"shm_pub_sub/shmpubsub"
)

type publisher interface {
	publish(values []int64) error
	publishAt(value, time int64) error
	lend(value int64, until func() error) error
	Close() error
}

type subscriber interface {
	take() (int64, bool)
	sample() (shmpubsub.Sample[int64], bool)
	newest() (int64, bool)
	newestSample() (shmpubsub.Sample[int64], bool)
	drain(limit int) []int64
	at(time int64) (shmpubsub.Sample[int64], bool)
	after(time int64) (shmpubsub.Sample[int64], bool) // does not wait
	since(time int64) []shmpubsub.Sample[int64]
	borrow(use func(look func() int64)) bool
	any() shmpubsub.AnySubscriber
	aligned(a *shmpubsub.Alignment) (shmpubsub.Sample[int64], bool)
	borrowAligned(a *shmpubsub.Alignment, use func(int64)) bool
	Err() error
	Lost() uint64
	Close() error
}

// kind makes publishers and subscribers whose values stand for integers.
type kind struct {
	step       int // what each of a value's steps takes of WithMaxSize; 0: it has a fixed size
	publisher  func(topic string, depth int, options ...shmpubsub.PublisherOption) (publisher, error)
	subscriber func(topic string, options ...shmpubsub.SubscriberOption) (subscriber, error)
}

// length is the number of a value's steps.
func length(n int64) int { return 1 + int(n)*37%64 }

type (
	inline [4]int64
	fixed  [200]int64
)

var kinds = map[string]kind{
	"int":    values(0, func(n int64) int64 { return n }, func(v *int64) int64 { return *v }),
	"float":  values(0, func(n int64) float64 { return float64(n) }, func(v *float64) int64 { return int64(*v) }),
	"inline": values(0, func(n int64) (v inline) { fill(v[:], n); return v }, func(v *inline) int64 { return same(v[:]) }),
	"fixed":  values(0, func(n int64) (v fixed) { fill(v[:], n); return v }, func(v *fixed) int64 { return same(v[:]) }),
	"text": values(6, func(n int64) string { return strings.Repeat(fmt.Sprintf("%6d", n), length(n)) }, func(v *string) (n int64) {
		if _, err := fmt.Sscan(*v, &n); err != nil || *v != strings.Repeat(fmt.Sprintf("%6d", n), length(n)) {
			return torn
		}
		return n
	}),
	"record":   values(0, recordOf, func(v *record) int64 { return v.number() }),
	"variable": sliceKind(1, numbers, number, shmpubsub.NewSlicePublisher[int64], shmpubsub.NewSliceSubscriber[int64]),
	"list": sliceKind(1, numbers, number, func(topic string, depth int, options ...shmpubsub.PublisherOption) (*shmpubsub.SlicePublisher[int64], error) {
		return shmpubsub.NewSlicePublisher[int64](topic, depth, append(options, shmpubsub.WithList())...)
	}, shmpubsub.NewSliceSubscriber[int64]),
	"bytes": sliceKind(8, func(n int64) []byte {
		return bytes.Repeat(binary.LittleEndian.AppendUint64(nil, uint64(n)), length(n))
	}, func(v []byte) int64 {
		n := int64(binary.LittleEndian.Uint64(v))
		if len(v) != 8*length(n) || !bytes.Equal(v, bytes.Repeat(v[:8], length(n))) {
			return torn
		}
		return n
	}, shmpubsub.NewBytesPublisher, shmpubsub.NewBytesSubscriber),
}

// record is that of _kinds.py.
type record struct {
	Number  int64                      `shm:"number"`
	Numbers fixed                      `shm:"numbers"`
	Text    shmpubsub.Text[[6]byte]    `shm:"text"`
	Points  shmpubsub.Array[[64]int64] `shm:"points"`
}

func recordOf(n int64) (r record) {
	r.Number = n
	fill(r.Numbers[:], n)
	fill(r.Points.Data[:length(n)], n)
	if err := errors.Join(r.Text.Set(fmt.Sprintf("%6d", n)), r.Points.SetLen(length(n))); err != nil {
		panic(err)
	}
	return r
}

func (r *record) number() int64 {
	text, err := strconv.ParseInt(strings.TrimSpace(r.Text.String()), 10, 64)
	n := r.Number
	if err != nil || text != n || same(r.Numbers[:]) != n || r.Points.Len() != length(n) || same(r.Points.Data[:r.Points.Len()]) != n {
		return torn
	}
	return n
}

// torn stands for a value that was never published.
const torn = -1

func fill(v []int64, n int64) {
	for i := range v {
		v[i] = n
	}
}

func same(v []int64) int64 {
	for _, n := range v {
		if n != v[0] {
			return torn
		}
	}
	return v[0]
}

func numbers(n int64) []int64 { return slices.Repeat([]int64{n}, length(n)) }

func number(v []int64) int64 {
	if len(v) != length(v[0]) {
		return torn
	}
	return same(v)
}
