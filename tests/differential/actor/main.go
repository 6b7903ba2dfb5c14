// The Go side of the differential test: numbered publishers and subscribers; each request and each answer is a line.
// Values of all types are written as integers. It ends with its stdin.
//
//	publisher ID TOPIC int|float DEPTH RETAIN    publish ID VALUE...    close ID
//	subscriber ID TOPIC HISTORY    take|sample|newest|newest_sample ID    drain ID LIMIT    end ID
//
// A subscriber's answer is its result and Lost: "1 2 3 0", or "type 0" for ErrType.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"shm_pub_sub/shmpubsub"
)

type publisher interface {
	publish(values []int64) error
	Close() error
}

type typed[T int64 | float64] struct{ *shmpubsub.Publisher[T] }

func (p typed[T]) publish(values []int64) error {
	if len(values) == 1 {
		return p.Publish(T(values[0]))
	}
	batch := make([]T, len(values))
	for i, v := range values {
		batch[i] = T(v)
	}
	return p.PublishMany(batch)
}

var (
	publishers  = map[string]publisher{}
	subscribers = map[string]*shmpubsub.IntSubscriber{}
	ended       = func() context.Context {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx
	}()
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answer, err := do(strings.Fields(lines.Text()))
		if err != nil {
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		_, _ = fmt.Fprintln(out, answer)
		_ = out.Flush()
	}
}

func do(words []string) (string, error) {
	what, id, rest := words[0], words[1], words[2:]
	switch what {
	case "publisher":
		return "", newPublisher(id, rest)
	case "publish":
		values, err := integers(rest)
		if err != nil {
			return "", err
		}
		return "", publishers[id].publish(values)
	case "close":
		return "", publishers[id].Close()
	case "subscriber":
		history, err := strconv.Atoi(rest[1])
		if err != nil {
			return "", err
		}
		s, err := shmpubsub.NewIntSubscriber(rest[0], -1, shmpubsub.WithHistory(history))
		if errors.Is(err, shmpubsub.ErrType) {
			return "type 0", nil
		}
		subscribers[id] = s
		return "0", err
	case "end":
		err := subscribers[id].Close()
		delete(subscribers, id)
		return "", err
	}
	return read(subscribers[id], what, rest)
}

func newPublisher(id string, words []string) error {
	depth, err := strconv.Atoi(words[2])
	if err != nil {
		return err
	}
	var options []shmpubsub.PublisherOption
	if words[3] == "True" {
		options = append(options, shmpubsub.WithRetain())
	}
	if words[1] == "float" {
		p, err := shmpubsub.NewFloatPublisher(words[0], depth, options...)
		publishers[id] = typed[float64]{p}
		return err
	}
	p, err := shmpubsub.NewIntPublisher(words[0], depth, options...)
	publishers[id] = typed[int64]{p}
	return err
}

func integers(words []string) ([]int64, error) {
	values := make([]int64, len(words))
	for i, word := range words {
		v, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// read calls one of a subscriber's methods.
func read(s *shmpubsub.IntSubscriber, what string, words []string) (string, error) {
	var found []int64
	switch what {
	case "take":
		if v, ok := s.TryRecv(); ok {
			found = []int64{v}
		}
	case "sample":
		if v, err := s.RecvSample(ended); err == nil {
			found = []int64{v.Value, int64(v.Sequence)}
		}
	case "newest":
		if v, ok := s.Subscribe(); ok {
			found = []int64{v}
		}
	case "newest_sample":
		if v, ok := s.Newest(); ok {
			found = []int64{v.Value, int64(v.Sequence)}
		}
	case "drain":
		limit, err := strconv.Atoi(words[0])
		if err != nil {
			return "", err
		}
		if limit == 0 {
			found = s.Drain()
			break
		}
		found = make([]int64, limit)
		found = found[:s.DrainInto(found)]
	default:
		return "", fmt.Errorf("a request %q", what)
	}
	if err := s.Err(); len(found) == 0 && err != nil {
		if errors.Is(err, shmpubsub.ErrType) {
			return fmt.Sprint("type ", s.Lost()), nil
		}
		return "", err
	}
	var text strings.Builder
	for _, v := range found {
		fmt.Fprint(&text, v, " ")
	}
	return text.String() + fmt.Sprint(s.Lost()), nil
}
