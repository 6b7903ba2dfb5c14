package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// now returns CLOCK_MONOTONIC, ns: the clock of Python's time.monotonic_ns.
func now() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // cannot fail on Linux
	}
	return t.Nano()
}

// eventLog is Log of _log.py.
type eventLog struct {
	mu   sync.Mutex
	file *os.File
}

func openLog(path string) (*eventLog, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	return &eventLog{file: file}, err
}

func (l *eventLog) write(what string, details ...any) {
	line, err := json.Marshal(append([]any{what, now()}, details...))
	if err != nil {
		panic(err) // of what this program itself made
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		panic(err)
	}
}

// The numbers of _values.py.
const (
	kBits     = 24
	checkBits = 19
	lastK     = 1<<kBits - 1
	limit     = 0x7FF << 9
)

// sharedWords is Words of _words.py.
type sharedWords struct{ announced, done []atomic.Uint64 }

func mapWords(path string) (*sharedWords, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	m, err := unix.Mmap(int(file.Fd()), 0, 8*2*limit, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	words := unsafe.Slice((*atomic.Uint64)(unsafe.Pointer(&m[0])), 2*limit)
	return &sharedWords{announced: words[:limit], done: words[limit:]}, nil
}

func (w *sharedWords) ending() bool { return w.announced[0].Load() == 1 }

func topicName(topic int) string { return fmt.Sprintf("storm/%d", topic) }

func word(topic int, generation, k uint64) uint64 {
	head := generation<<kBits | k
	mixed := (head ^ uint64(topic+1)*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	return head<<checkBits | mixed>>(64-checkBits)
}

// content returns the generation and the number of a word, and whether the storm could have made it.
func content(topic int, found uint64) (generation, k uint64, sound bool) {
	head := found >> checkBits
	generation, k = head>>kBits, head&lastK
	sound = 0 < generation && generation < limit && k > 0 && found == word(topic, generation, k)
	return generation, k, sound
}

func intOf(word uint64) int64     { return int64(word) }
func floatOf(word uint64) float64 { return math.Float64frombits(word) }
func boolOf(word uint64) bool     { return word>>checkBits&1 == 1 }

func ofInt(v int64) uint64     { return uint64(v) }
func ofFloat(v float64) uint64 { return math.Float64bits(v) }
