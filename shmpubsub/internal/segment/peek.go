package segment

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/ring"
)

// peeked is a topic's newest value, read from outside.
type peeked struct {
	ring.Sample
	value  []uint64
	number uint64 // of the value that Time belongs to: a later one if the writer has lapped
	whole  bool   // it was not being overwritten, so that value is the published one
}

// peek reads the newest value by pread: a file that is truncated meanwhile raises no SIGBUS. It reports false if the file
// contradicts itself.
//
// A publisher may go round a small ring in less time than a system call takes. So one call reads head and slots of such
// a ring. If head moves, a slot that is some rounds ahead still has the newest value's time, give or take a call's
// time.
func peek(fd int, h Header) (peeked, bool) {
	const (
		maxRetries = 100
		headLimit  = 1 << 62 // more than can ever be published
	)
	const head = HeaderOffset + HeadOffset
	page := make([]byte, min(4096, h.FileSize-head))
	slot := make([]byte, SlotPayload+h.slotWords()*8)
	for last, retries := uint64(0), 0; retries < maxRetries; retries++ {
		if !readAll(fd, page, head) {
			return peeked{}, false
		}
		k := binary.LittleEndian.Uint64(page)
		if k == 0 {
			return peeked{}, true
		}
		moves := last != 0 && k != last
		if k != last {
			last, retries = k, 0
		}
		at := h.First + k%h.Slots*h.Stride
		if end := at + uint64(len(slot)) - head; end <= uint64(len(page)) {
			copy(slot, page[at-head:])
		} else if !readAll(fd, slot, at) {
			return peeked{}, false
		}
		sequence := binary.LittleEndian.Uint64(slot)
		// That slot has values k, k + slots and so on in turn, each with 2k-1 and then 2k.
		overtaken := moves && sequence > 2*k && (sequence+1)/2%h.Slots == k%h.Slots
		if k >= headLimit || sequence != 2*k && !overtaken {
			continue
		}
		p := peeked{Sample: ring.Sample{Sequence: k, Time: int64(binary.LittleEndian.Uint64(slot[8:]))}, number: (sequence + 1) / 2, whole: sequence == 2*k}
		for word := range slices.Chunk(slot[SlotPayload:], 8) {
			p.value = append(p.value, binary.LittleEndian.Uint64(word))
		}
		return p, true
	}
	return peeked{}, false
}

// rate returns how often the values that the ring keeps were published, in Hz: their number, less one, by the time from the
// oldest to the newest. It is 0 if they do not tell: fewer than two, or all of one batch, which have one time.
func rate(fd int, h Header, newest peeked) float64 {
	oldest := uint64(1)
	if h.CarriedTime != 0 {
		oldest = 2 // value 1 is an earlier publisher's
	}
	if depth := uint64(h.Depth()); newest.Sequence > depth {
		oldest = max(oldest, newest.Sequence-depth+1)
	}
	slot := make([]byte, SlotPayload)
	for k := oldest; k < newest.Sequence && k < oldest+3; k++ { // one may be being overwritten
		if !readAll(fd, slot, h.First+k%h.Slots*h.Stride) {
			return 0
		}
		sequence, time := binary.LittleEndian.Uint64(slot), int64(binary.LittleEndian.Uint64(slot[8:]))
		if sequence%2 != 0 || sequence < 2*k {
			continue
		}
		if values, ns := int64(newest.number-sequence/2), newest.Time-time; values > 0 && ns > 0 {
			return float64(values) * 1e9 / float64(ns)
		}
		return 0
	}
	return 0
}

func readAll(fd int, b []byte, at uint64) bool {
	var n int
	err := retry(func() (err error) { n, err = unix.Pread(fd, b, int64(at)); return err })
	return err == nil && n == len(b)
}
