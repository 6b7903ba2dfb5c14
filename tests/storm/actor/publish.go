package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"shm_pub_sub/shmpubsub"
)

type plan struct {
	By             string
	Topic          int
	Kind           string
	Buffers        int
	Retain         bool
	First          uint64
	Lives          uint64
	Seconds, Pause float64
	Values         uint64
	Leave          bool
}

func publish(text string, log *eventLog, words *sharedWords) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	switch p.Kind {
	case "int":
		return live(p, shmpubsub.NewIntPublisher, intOf, log, words)
	case "float":
		return live(p, shmpubsub.NewFloatPublisher, floatOf, log, words)
	case "bool":
		return live(p, shmpubsub.NewBoolPublisher, boolOf, log, words)
	}
	return fmt.Errorf("a kind %q", p.Kind)
}

type maker[T any] = func(string, int, ...shmpubsub.PublisherOption) (*shmpubsub.Publisher[T], error)

// live goes through all lives of a plan.
func live[T any](p plan, newPublisher maker[T], value func(uint64) T, log *eventLog, words *sharedWords) error {
	var options []shmpubsub.PublisherOption
	if p.Retain {
		options = append(options, shmpubsub.WithRetain())
	}
	for g := p.First; g < p.First+p.Lives; g++ {
		log.write("try", g, p.Topic, p.Kind, p.Retain, p.By)
		pub, err := newPublisher(topicName(p.Topic), p.Buffers, options...)
		switch {
		case errors.Is(err, shmpubsub.ErrExists):
			log.write("refused", g)
			time.Sleep(time.Duration(rand.Float64() * p.Seconds * float64(time.Second)))
			continue
		case err != nil && strings.Contains(err.Error(), "replacing it for a second"):
			log.write("stuck", g)
			continue
		case err != nil:
			log.write("fault", "raised", err.Error())
			return err
		}
		log.write("owns", g)
		if err := publishValues(g, p, pub, value, log, words); err != nil {
			log.write("fault", "raised", err.Error())
			return err
		}
		log.write("closing", g)
		if p.Leave && g == p.First+p.Lives-1 {
			return nil
		}
		if err := pub.Close(); err != nil {
			log.write("fault", "raised", err.Error())
			return err
		}
		log.write("closed", g)
	}
	return nil
}

func publishValues[T any](g uint64, p plan, pub *shmpubsub.Publisher[T], value func(uint64) T, log *eventLog, words *sharedWords) error {
	end := time.Now().Add(time.Duration(p.Seconds * float64(time.Second)))
	for k := uint64(1); k <= min(p.Values, lastK); k++ {
		words.announced[g].Store(k)
		if err := pub.Publish(value(word(p.Topic, g, k))); err != nil {
			return err
		}
		words.done[g].Store(k)
		if k == 1 {
			log.write("first", g)
		}
		if p.Pause > 0 {
			time.Sleep(time.Duration(p.Pause * float64(time.Second)))
		}
		if (p.Pause > 0 || k%64 == 0) && time.Now().After(end) {
			return nil
		}
	}
	time.Sleep(time.Until(end))
	return nil
}
