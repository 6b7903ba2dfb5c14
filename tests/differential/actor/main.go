// The Go side of the differential test: numbered publishers and subscribers; each request and each answer is a line.
// Values of all types are written as integers. It ends with its stdin.
//
//	publisher ID TOPIC KIND DEPTH RETAIN VIEWS LOANS MOST    publish ID VALUE...    publish_at ID NS VALUE    close ID
//	lend ID LOAN VALUE    return ID LOAN publish|drop
//	subscriber ID TOPIC KIND HISTORY    take|sample|newest|newest_sample ID    drain ID LIMIT    at|after|since ID NS    end ID
//	borrow ID VIEW    give_back ID VIEW
//	align ID NS SUBSCRIBER...    next_set ID    end_align ID
//
// VIEWS and LOANS are -1 for kinds that have none; MOST is how many steps values have. A publisher's answer is empty,
// "value" for ErrValue, "loan" for ErrLoan or "closed" for ErrClosed. A subscriber's answer is its result and Lost: "1 2 3 0", or "type 0" for ErrType. What was lent or borrowed
// stays so until it is returned; give_back answers what the value is then.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"shm_pub_sub/shmpubsub"
)

// open is a call that is under way, such as a Loan: it ends when told how.
type open struct {
	how   chan string
	ended chan any
}

var (
	publishers  = map[string]publisher{}
	subscribers = map[string]subscriber{}
	opened      = map[string]open{}
	errDropped  = errors.New("dropped")
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
	case "publish", "publish_at", "lend":
		first := 0
		if what == "lend" {
			first = 1
		}
		values, err := integers(rest[first:])
		switch {
		case err != nil:
			return "", err
		case what == "lend":
			return refusal(lend(id, rest[0], values[0]))
		case what == "publish_at":
			return refusal(publishers[id].publishAt(values[1], values[0]))
		}
		return refusal(publishers[id].publish(values))
	case "return":
		err, _ := end(rest[0], rest[1]).(error)
		return refusal(err)
	case "close":
		err := publishers[id].Close()
		delete(publishers, id)
		return "", err
	case "subscriber":
		return newSubscriber(id, rest)
	case "borrow":
		return borrow(subscribers[id], rest[0])
	case "align":
		return "", align(id, rest)
	case "next_set":
		return nextSet(alignments[id])
	case "end_align":
		err := alignments[id].Close()
		delete(alignments, id)
		return "", err
	case "give_back":
		return fmt.Sprint(end(rest[0], "")), nil
	case "end":
		err := subscribers[id].Close()
		delete(subscribers, id)
		return "", err
	}
	return read(subscribers[id], what, rest)
}

// refusal returns the answer for errors that are expected.
func refusal(err error) (string, error) {
	switch {
	case errors.Is(err, shmpubsub.ErrLoan):
		return "loan", nil
	case errors.Is(err, shmpubsub.ErrClosed):
		return "closed", nil
	case errors.Is(err, shmpubsub.ErrValue):
		return "value", nil
	case errors.Is(err, errDropped):
		return "", nil
	}
	return "", err
}

func newPublisher(id string, words []string) (err error) {
	numbers, err := integers([]string{words[2], words[4], words[5], words[6]})
	if err != nil {
		return err
	}
	var options []shmpubsub.PublisherOption
	if words[3] == "True" {
		options = append(options, shmpubsub.WithRetain())
	}
	if numbers[1] >= 0 {
		options = append(options, shmpubsub.WithViews(int(numbers[1])), shmpubsub.WithLoans(int(numbers[2])))
	}
	of := kinds[words[1]]
	if of.step > 0 {
		options = append(options, shmpubsub.WithMaxSize(of.step*int(numbers[3])))
	}
	publishers[id], err = of.publisher(words[0], int(numbers[0]), options...)
	return err
}

func newSubscriber(id string, words []string) (string, error) {
	history, err := strconv.Atoi(words[2])
	if err != nil {
		return "", err
	}
	s, err := kinds[words[1]].subscriber(words[0], shmpubsub.WithHistory(history))
	if errors.Is(err, shmpubsub.ErrType) {
		return "type 0", nil
	}
	subscribers[id] = s
	return "0", err
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

// lend opens a loan, fills it with a value, and leaves it open.
func lend(id, loan string, value int64) error {
	p, o, begun := publishers[id], open{make(chan string), make(chan any, 1)}, make(chan error, 1)
	go func() {
		err := p.lend(value, func() error {
			begun <- nil
			if <-o.how == "drop" {
				return errDropped
			}
			return nil
		})
		begun <- err // if it did not begin
		o.ended <- err
	}()
	if err := <-begun; err != nil {
		return err
	}
	opened[loan] = o
	return nil
}

// borrow borrows the newest value, and keeps it.
func borrow(s subscriber, view string) (string, error) {
	o, begun := open{make(chan string), make(chan any, 1)}, make(chan []int64, 1)
	go func() {
		found := int64(torn)
		if !s.borrow(func(look func() int64) {
			begun <- []int64{look()}
			<-o.how
			found = look()
		}) {
			begun <- nil
		}
		o.ended <- found
	}()
	found := <-begun
	if found != nil {
		opened[view] = o
	}
	return answer(s, found)
}

func end(call, how string) any {
	o := opened[call]
	delete(opened, call)
	o.how <- how
	return <-o.ended
}

// read calls one of a subscriber's methods.
func read(s subscriber, what string, words []string) (string, error) {
	var found []int64
	switch what {
	case "take":
		if v, ok := s.take(); ok {
			found = []int64{v}
		}
	case "sample":
		if v, ok := s.sample(); ok {
			found = []int64{v.Value, int64(v.Sequence)}
		}
	case "newest":
		if v, ok := s.newest(); ok {
			found = []int64{v}
		}
	case "newest_sample":
		if v, ok := s.newestSample(); ok {
			found = []int64{v.Value, int64(v.Sequence)}
		}
	case "drain":
		limit, err := strconv.Atoi(words[0])
		if err != nil {
			return "", err
		}
		found = s.drain(limit)
	case "at", "after", "since":
		time, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			return "", err
		}
		found = byTime(s, what, time)
	default:
		return "", fmt.Errorf("a request %q", what)
	}
	return answer(s, found)
}

func byTime(s subscriber, what string, time int64) (found []int64) {
	if what == "since" {
		for _, v := range s.since(time) {
			found = append(found, v.Value)
		}
		return found
	}
	call := s.at
	if what == "after" {
		call = s.after
	}
	if v, ok := call(time); ok {
		found = []int64{v.Value, int64(v.Sequence), v.Time}
	}
	return found
}

func answer(s subscriber, found []int64) (string, error) {
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
