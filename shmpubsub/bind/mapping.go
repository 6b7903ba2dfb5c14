package bind

import (
	"encoding/json"
	"errors"
	"fmt"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// mappingText writes m as the integers that map in hot/lifetime.c scans; the last one is the process whose topic was
// taken over.
func mappingText(m shmpubsub.Mapping, err error) (string, error) {
	if err != nil {
		return "", coded(err)
	}
	return fmt.Sprintln(m.Address, m.Size, m.First, m.Stride, m.Slots, m.Replaced), nil
}

// Attach opens topic in dir for values of that type, and returns its mapping as the integers that parse in
// hot/attachment.c scans: address, size, first, stride, slots, fd, retain, dead, the publisher's pid and the depth. The
// caller must unmap and close it. It returns "" if there is no topic. An untrusted file is an error of kind untrusted,
// whose text describes it. The hot path calls Attach if it has no mapping, or its mapping was retired.
func Attach(dir, topic, typeName, trust string) (string, error) {
	want, ok := map[string]segment.Type{"bool": segment.Bool, "int": segment.Int, "float": segment.Float}[typeName]
	if !ok {
		return "", coded(fmt.Errorf("attach %q: found type %q; expected bool, int or float", topic, typeName))
	}
	trusted, err := segment.NewTrust(users(trust))
	if err != nil {
		return "", coded(err)
	}
	v, err := segment.Attach(fromLatin1(dir), topic, want, trusted)
	var untrusted *segment.UntrustedError
	if errors.As(err, &untrusted) {
		return "", errors.New("untrusted\n" + latin1(untrusted.Found()))
	}
	if errors.Is(err, shmpubsub.ErrNoPublisher) {
		return "", nil
	}
	if err != nil {
		return "", coded(err)
	}
	h := v.Header
	address, fd := v.Release()
	return fmt.Sprintln(address, h.FileSize, h.First, h.Stride, h.Slots, fd, number(h.Retain), number(v.Dead), h.PID, h.Depth()), nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
