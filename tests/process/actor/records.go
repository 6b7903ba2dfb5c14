package main

import (
	"fmt"
	"reflect"
	"unsafe"

	"shm_pub_sub/shmpubsub"
)

// The records of _records.py.
type (
	inner struct {
		X  float64 `shm:"x"`
		On bool    `shm:"on"`
	}
	small struct {
		Stamp int64   `shm:"stamp"`
		Ax    float32 `shm:"ax"`
		Ok    bool    `shm:"ok"`
		K     int16   `shm:"k"`
	}
	large struct {
		Ready  bool                            `shm:"ready"`
		Pose   [2][3]float64                   `shm:"pose"`
		Inner  inner                           `shm:"inner"`
		Many   [3]inner                        `shm:"many"`
		Label  shmpubsub.Text[[12]byte]        `shm:"label"`
		Raw    shmpubsub.Bytes[[5]byte]        `shm:"raw"`
		Points shmpubsub.Array[[50][2]float32] `shm:"points"`
		Path   shmpubsub.ListOf[[4]float64]    `shm:"path"`
		Flags  shmpubsub.ListOf[[3]bool]       `shm:"flags"`
		Seen   shmpubsub.ListOf[[2]inner]      `shm:"seen"`
		Z      complex128                      `shm:"z"`
	}
)

// tidy clears what is behind the lengths.
func (l *large) tidy() {
	behind(&l.Label, len(l.Label.String()))
	behind(&l.Raw, len(l.Raw.Bytes()))
	behind(&l.Points, l.Points.Len()*8)
	behind(&l.Path, l.Path.Len()*8)
	behind(&l.Flags, l.Flags.Len())
	behind(&l.Seen, l.Seen.Len()*int(unsafe.Sizeof(inner{})))
}

func behind[T any](room *T, used int) {
	clear(unsafe.Slice((*byte)(unsafe.Pointer(room)), unsafe.Sizeof(*room))[8+used:])
}

// clearPadding clears what Go leaves between the fields of a t in b when it copies one.
func clearPadding(t reflect.Type, b []byte) {
	switch t.Kind() {
	case reflect.Array:
		for i := range t.Len() {
			clearPadding(t.Elem(), b[i*int(t.Elem().Size()):])
		}
	case reflect.Struct:
		end := 0
		for i := range t.NumField() {
			f := t.Field(i)
			clear(b[end:f.Offset])
			clearPadding(f.Type, b[f.Offset:])
			end = int(f.Offset + f.Type.Size())
		}
		clear(b[end:t.Size()])
	}
}

func ofRecords(publishes bool, form, topic string) (side, error) {
	switch form {
	case "record":
		return newValues[inner](publishes, topic)
	case "records":
		return newSlices(publishes, topic, shmpubsub.NewSlicePublisher[inner], shmpubsub.NewSliceSubscriber[inner], shmpubsub.WithMaxSize(50))
	case "recordlist":
		return newSlices(publishes, topic, shmpubsub.NewSlicePublisher[inner], shmpubsub.NewSliceSubscriber[inner], shmpubsub.WithMaxSize(50), shmpubsub.WithList())
	}
	return nil, fmt.Errorf("a form %q", form)
}
