package bind

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// mappingText writes m as the integers and, in further lines, the type that hot/mapping_text.c scans: address of the
// header and bytes mapped from there, address of page 0, the ring, the process whose topic was taken over, the type tag
// and the chunks, and what became of a retained value.
func mappingText(m shmpubsub.Mapping, err error) (string, error) {
	if err != nil {
		return "", coded(err)
	}
	return fmt.Sprint(m.Address, m.Size, m.Page, m.First, m.Stride, m.Slots, m.Replaced, uint32(m.Type.Kind), number(m.Pooled), m.ElemSize,
		m.Pool, m.PoolSize, m.ChunksOffset, m.ChunkStride, m.Chunks, m.Views, m.Loans, int(m.Carried)) + typeLines(m.Type), nil
}

// Attach opens topic in dir for the values that want describes ("bool", "int", "float", a descriptor, "" for all; after "=" exactly that descriptor, names and most steps too), and
// returns its mapping as the integers and, in further lines, the type that hot/mapping_text.c scans: address of
// the header and bytes mapped from there, the ring, fd, retain, bridged, dead, the publisher's pid, the depth, the type tag and
// the chunks. The caller must unmap and close it. It returns "" if there is no topic. An untrusted file is an error of
// kind untrusted, whose text describes it. The hot path calls Attach if it has no mapping, or its mapping was retired.
func Attach(dir, topic, want, trust string) (string, error) {
	want, exact := strings.CutPrefix(want, "=")
	wanted, err := descriptor.ParseWant(want)
	if err != nil {
		return "", coded(fmt.Errorf("attach %q: %w", topic, err))
	}
	trusted, err := segment.NewTrust(users(trust))
	if err != nil {
		return "", coded(err)
	}
	v, err := segment.Attach(fromLatin1(dir), topic, wanted, trusted)
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
	if exact && !v.Dead && string(v.Type.Encode()) != want {
		defer v.Close()
		return "", coded(&segment.TypeError{Topic: topic, Found: v.Type, Want: wanted, PID: v.PID})
	}
	h := v.Header
	address, size, fd := v.Release()
	return fmt.Sprint(address, size, h.First, h.Stride, h.Slots, fd, number(h.Retain), number(h.Bridged), number(v.Dead), h.PID, h.Depth(), uint32(h.Type.Kind), number(h.Pooled),
		h.ElemSize, h.ChunksOffset, h.ChunkStride, h.Chunks, h.Views, h.Loans) + typeLines(h.Type), nil
}

// typeLines returns the type in a line, and in another one the descriptor of records, or of arrays or lists of them.
func typeLines(t descriptor.Type) string {
	lines := "\n" + t.Line()
	if t.Record != nil {
		lines += "\n" + string(t.Encode())
	}
	return lines
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
