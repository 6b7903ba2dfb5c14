// The Go side of test_every_type.py: each request and each answer is a line. Values are their bytes, in hexadecimal
// digits; x stands before them, so that none is empty.
//
//	publish FORM DTYPE TOPIC VALUE    subscribe FORM DTYPE TOPIC    close
//
// A publisher or subscriber is opened at the first request, and stays open until close. subscribe answers the newest value,
// read in each way that there is, or "different". It ends with its stdin.
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unsafe"

	"shm_pub_sub/shmpubsub"
)

// side is one publisher or subscriber.
type side interface {
	io.Closer
	publish(value []byte) error
	read() []string
}

// bytesOf returns the memory of values.
func bytesOf[E any](v []E) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(*new(E))))
}

func sliceOf[E any](value []byte) []E {
	v := make([]E, len(value)/int(unsafe.Sizeof(*new(E))))
	copy(bytesOf(v), value)
	return v
}

func text(value []byte) string { return "x" + hex.EncodeToString(value) }

func main() {
	open := map[string]side{}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answer, err := do(open, strings.Fields(lines.Text()))
		if err != nil {
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(answer)
	}
}

func do(open map[string]side, words []string) (string, error) {
	if words[0] == "close" {
		var all []error
		for _, s := range open {
			all = append(all, s.Close())
		}
		clear(open)
		return "", errors.Join(all...)
	}
	id := strings.Join(words[:4], " ")
	s, ok := open[id]
	if !ok {
		var err error
		if s, err = newSide(words[0] == "publish", words[1], words[2], words[3]); err != nil {
			return "", err
		}
		open[id] = s
	}
	if words[0] == "publish" {
		value, err := hex.DecodeString(words[4][1:])
		if err != nil {
			return "", err
		}
		return "", s.publish(value)
	}
	found := s.read()
	for _, each := range found {
		if each != found[0] {
			return "different", nil
		}
	}
	return found[0], nil
}

func newSide(publishes bool, form, dtype, topic string) (side, error) {
	switch dtype {
	case "inner":
		return ofRecords(publishes, form, topic)
	case "small":
		return newValues[small](publishes, topic)
	case "large":
		return newValues[large](publishes, topic)
	case "b1":
		return ofAnyForm[bool](publishes, form, topic)
	case "i1":
		return ofElements[int8](publishes, form, topic)
	case "i2":
		return ofAnyForm[int16](publishes, form, topic)
	case "i4":
		return ofElements[int32](publishes, form, topic)
	case "i8":
		return ofElements[int64](publishes, form, topic)
	case "u1":
		return ofElements[uint8](publishes, form, topic)
	case "u2":
		return ofElements[uint16](publishes, form, topic)
	case "u4":
		return ofElements[uint32](publishes, form, topic)
	case "u8":
		return ofElements[uint64](publishes, form, topic)
	case "f4":
		return ofAnyForm[float32](publishes, form, topic)
	case "f8":
		return ofAnyForm[float64](publishes, form, topic)
	case "c8":
		return ofElements[complex64](publishes, form, topic)
	case "c16":
		return ofAnyForm[complex128](publishes, form, topic)
	}
	return nil, fmt.Errorf("a dtype %q", dtype)
}

// ofAnyForm has one type of each size: each instance of the package takes a fifth of a second to compile.
func ofAnyForm[E any](publishes bool, form, topic string) (side, error) {
	switch form {
	case "fixed":
		return newValues[[150]E](publishes, topic)
	case "matrix":
		return newValues[[30][5]E](publishes, topic)
	case "rows":
		return newSlices(publishes, topic, shmpubsub.NewSlicePublisher[[2]E], shmpubsub.NewSliceSubscriber[[2]E], shmpubsub.WithMaxSize(50))
	}
	return ofElements[E](publishes, form, topic)
}

func ofElements[E any](publishes bool, form, topic string) (side, error) {
	switch form {
	case "scalar":
		return newValues[E](publishes, topic)
	case "inline":
		return newValues[[3]E](publishes, topic)
	case "text":
		return newTexts(publishes, topic)
	case "bytes":
		return newSlices(publishes, topic, shmpubsub.NewBytesPublisher, shmpubsub.NewBytesSubscriber)
	case "list":
		return newSlices(publishes, topic, shmpubsub.NewSlicePublisher[E], shmpubsub.NewSliceSubscriber[E], shmpubsub.WithMaxSize(50), shmpubsub.WithList())
	case "variable":
		return newSlices(publishes, topic, shmpubsub.NewSlicePublisher[E], shmpubsub.NewSliceSubscriber[E], shmpubsub.WithMaxSize(50))
	}
	return nil, fmt.Errorf("a form %q", form)
}
