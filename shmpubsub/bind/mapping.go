package bind

import (
	"encoding/json"
	"errors"
	"fmt"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/segment"
)

func mappingJSON(m shmpubsub.Mapping, err error) (string, error) {
	if err != nil {
		return "", coded(err)
	}
	return toJSON(m)
}

// attachment is a subscriber's mapping, handed over to the C hot path for good.
type attachment struct {
	Address uintptr
	Size    uint64
	First   uint64
	Stride  uint64
	Slots   uint64
	FD      int
	Retain  bool
	Dead    bool // only to be told from its successor by its inode, never to be read
	PID     int
	Depth   int
}

// Attach opens topic in dir for values of the type of that name, and returns its mapping as JSON;
// the caller must unmap and close it. Where there is no topic it returns "". The hot path calls it when
// it has no mapping, or when the one it has was retired.
func Attach(dir, topic, typeName string) (string, error) {
	want, ok := map[string]segment.Type{"bool": segment.Bool, "int": segment.Int, "float": segment.Float}[typeName]
	if !ok {
		return "", coded(fmt.Errorf("attach %q: found type %q; expected bool, int or float", topic, typeName))
	}
	v, err := segment.Attach(dir, topic, want)
	if err != nil {
		if errors.Is(err, shmpubsub.ErrNoPublisher) {
			return "", nil
		}
		return "", coded(err)
	}
	a := attachment{
		Size: v.FileSize, First: v.First, Stride: v.Stride, Slots: v.Slots,
		Retain: v.Retain, Dead: v.Dead, PID: v.PID, Depth: v.Depth(),
	}
	a.Address, a.FD = v.Release()
	return toJSON(a)
}

func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
