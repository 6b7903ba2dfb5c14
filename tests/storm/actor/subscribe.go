package main

import (
	"errors"
	"sync"
	"time"

	"shm_pub_sub/shmpubsub"
)

// subscribe reads every topic in a goroutine of its own, until the storm ends.
func subscribe(topics int, log *eventLog, words *sharedWords) error {
	var wg sync.WaitGroup
	for topic := range topics {
		wg.Go(func() {
			i := newEye(2*topic, topic, "int", int64(-1), shmpubsub.NewIntSubscriber, ofInt, log, words)
			f := newEye(2*topic+1, topic, "float", -1.0, shmpubsub.NewFloatSubscriber, ofFloat, log, words)
			for n := 0; !words.ending(); n++ {
				i.look()
				f.look()
				if n%128 == 0 {
					time.Sleep(time.Millisecond) // there are more readers than processors
				}
			}
			i.flush()
			f.flush()
		})
	}
	wg.Wait()
	return nil
}

// flushAfter is FLUSH of _recorder.py.
var flushAfter = map[string]int64{"ok": 250e6, "none": 50e6, "type": 50e6}

// state is what a read found: "ok" with a generation, "none", or "type".
type state struct {
	outcome    string
	generation uint64
}

// eye is Recorder of _recorder.py with its subscriber, which is made at the first read, and again while
// that fails.
type eye[T int64 | float64] struct {
	log    *eventLog
	words  *sharedWords
	reader int
	topic  int
	kind   string
	def    T
	word   func(T) uint64
	open   func() (*shmpubsub.Subscriber[T], error)
	sub    *shmpubsub.Subscriber[T]

	generation, k uint64

	under  bool // a run is under way
	state  state
	lastK  uint64
	reads  uint64
	values uint64
	times  [5]int64 // first start and end, last start and end, slowest
}

func newEye[T int64 | float64](
	reader, topic int, kind string, def T,
	open func(string, T, ...shmpubsub.SubscriberOption) (*shmpubsub.Subscriber[T], error),
	word func(T) uint64, log *eventLog, words *sharedWords,
) *eye[T] {
	return &eye[T]{
		log: log, words: words, reader: reader, topic: topic, kind: kind, def: def, word: word,
		open: func() (*shmpubsub.Subscriber[T], error) { return open(topicName(topic), def) },
	}
}

func (e *eye[T]) look() {
	var floor uint64
	if e.generation != 0 {
		floor = e.words.done[e.generation].Load()
	}
	start := now()
	v, ok, err := e.read()
	end := now()
	switch {
	case errors.Is(err, shmpubsub.ErrType):
		e.add(state{outcome: "type"}, 0, start, end)
		return
	case err != nil:
		e.fault("raised", err.Error())
	case ok:
		e.judge(v, floor)
		e.add(state{outcome: "ok", generation: e.generation}, e.k, start, end)
		return
	case v != e.def:
		e.fault("not the default", v)
	}
	e.add(state{outcome: "none"}, 0, start, end)
}

func (e *eye[T]) read() (v T, ok bool, err error) {
	if e.sub == nil {
		if e.sub, err = e.open(); err != nil {
			e.sub = nil
			return e.def, false, err
		}
	}
	if v, ok = e.sub.Subscribe(); !ok {
		err = e.sub.Err()
	}
	return v, ok, err
}

func (e *eye[T]) judge(v T, floor uint64) {
	generation, k, sound := content(e.topic, e.word(v))
	if !sound {
		e.fault("never published", v)
		return
	}
	if generation == e.generation {
		if k < e.k {
			e.fault("backwards", []uint64{generation, e.k, k})
		}
		if k < floor {
			e.fault("stale", []uint64{generation, floor, k})
		}
	}
	e.generation, e.k = generation, k
}

func (e *eye[T]) add(s state, k uint64, start, end int64) {
	if !e.under || s != e.state || end-e.times[0] > flushAfter[s.outcome] {
		e.flush()
		e.under, e.state, e.lastK, e.reads, e.values = true, s, k, 1, 1
		e.times = [5]int64{start, end, start, end, end - start}
		return
	}
	if k != e.lastK {
		e.lastK = k
		e.values++
	}
	e.reads++
	e.times[2], e.times[3], e.times[4] = start, end, max(e.times[4], end-start)
}

func (e *eye[T]) flush() {
	if !e.under {
		return
	}
	e.under = false
	t := e.times
	e.log.write("read", e.reader, e.topic, e.kind, e.state.outcome, e.state.generation,
		e.lastK, e.reads, e.values, t[0], t[1], t[2], t[3], t[4])
}

func (e *eye[T]) fault(what string, detail any) {
	e.log.write("fault", what, []any{e.reader, e.topic, e.kind, detail})
}
