package shmpubsub

import (
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// attachment is a publisher's file, and how far it has been received.
type attachment struct {
	view     *segment.View // nil: no file, or none that can be read
	ring     ring.Ring     // of view, unless that is dead
	chunks   *pooled       // nil: values are in the slots
	position ring.Position
}

// readable reports whether there are values. Those of a publisher that was already dead when the subscriber
// came are not for it.
func (a *attachment) readable() bool { return a.view != nil && !a.view.Dead }

// unseen returns how many values were published after the position; 0 if head contradicts it.
func (a *attachment) unseen() uint64 {
	if !a.readable() {
		return 0
	}
	return a.ring.Unseen(a.position)
}

// newestTime returns when the newest value was published; 0 without one.
func (a *attachment) newestTime() int64 {
	if !a.readable() {
		return 0
	}
	newest, _ := a.ring.Newest(nil)
	return newest.Time
}

// newest reads the newest value: a word to dst or, with h, any value to h.
func (a *attachment) newest(dst []uint64, h *held) (s ring.Sample, sound bool) {
	switch {
	case h == nil:
		return a.ring.Newest(dst)
	case a.chunks == nil:
		return a.ring.Newest(h.wordsFor(a.view.ElemSize))
	}
	return a.chunks.newest(h)
}

// next takes the next value, in the same way.
func (a *attachment) next(dst []uint64, h *held) (s ring.Sample, lost uint64, sound bool) {
	switch {
	case h == nil:
		return a.ring.Next(&a.position, dst)
	case a.chunks == nil:
		return a.ring.Next(&a.position, h.wordsFor(a.view.ElemSize))
	}
	return a.chunks.next(&a.position, h)
}

func (a *attachment) drop() {
	switch {
	case a.chunks != nil:
		a.chunks.drop()
	case a.view != nil:
		a.view.Close()
	}
	*a = attachment{}
}

// cursor takes every value, one after the other, across the files of successive publishers. protocol/cursor.c
// is the same, function by function; tests/differential compares the two.
//
// The values of a publisher that has ended are received before the next one's: its file, which nobody writes any
// more, stays mapped as previous until then. There is one previous file at most: unread values of a file between
// that one and the present one are lost, and counted.
type cursor struct {
	present         attachment
	previous        attachment // an earlier publisher's, which may have values to receive
	lost            uint64     // values skipped
	takenTime       int64      // of the last value received; 0: none yet
	pendingLossTime int64      // of a retained value left behind, which is lost unless the next file has it; 0: none
	receiving       bool       // something receives values, so that unread ones must be kept
}

// join starts a new subscriber history values before the end of the publisher that exists, if one does. All
// values of later publishers are new.
func (c *cursor) join(history int) {
	if !c.present.readable() {
		return
	}
	newest, _ := c.present.ring.Newest(nil)
	head := newest.Sequence
	c.present.position.After = head - min(uint64(history), head, uint64(c.present.view.Depth()))
	if history == 0 {
		c.takenTime = newest.Time // if the next publisher carries it over, it is not new
	}
}

// enter makes view the present file. If value 1 is a retained one that the publisher carried over, the header
// has its time, which identifies it.
func (c *cursor) enter(view *segment.View) {
	c.present = attachment{view: view}
	if !c.present.readable() {
		return
	}
	c.present.ring = view.Ring()
	if view.Pooled {
		c.present.chunks = newPooled(view)
	}
	carried, pending := view.CarriedTime, c.pendingLossTime
	c.pendingLossTime = 0
	if carried == pending {
		return // none, or one that was left behind and is still to be received
	}
	if carried != 0 && (carried == c.takenTime || carried == c.previous.newestTime()) {
		c.present.position.After = 1 // received, or to be received from previous
	}
	if pending != 0 {
		c.lost++
	}
}

// leave leaves the present file, in which nothing is published any more. A cursor that receives keeps unread
// values as previous. (One that does not would keep the memory for ever.)
func (c *cursor) leave() {
	c.dropEmptyPrevious()
	n := c.present.unseen()
	if n > 0 && c.receiving && c.previous.view == nil {
		c.previous, c.present = c.present, attachment{}
		return
	}
	c.lose(n)
	c.present.drop()
}

// lose leaves the present file with n values that were not received. A retained one is lost only if the next
// publisher has not carried it over; until then it is pending, so that lost never decreases.
func (c *cursor) lose(n uint64) {
	c.lost += n
	if n > 0 && c.present.view.Retain {
		if c.pendingLossTime = c.present.newestTime(); c.pendingLossTime != 0 {
			c.lost--
		}
	}
}

// dropEmptyPrevious releases a previous file without unread values.
func (c *cursor) dropEmptyPrevious() {
	if c.previous.view != nil && c.previous.unseen() == 0 {
		c.previous.drop()
	}
}

// end releases both files, and counts nothing as lost.
func (c *cursor) end() {
	c.previous.drop()
	c.present.drop()
	c.receiving = false
}

// next takes the next value of the mapped files, as [attachment.next] does. It reports false if the present one is garbage.
func (c *cursor) next(dst []uint64, h *held) (ring.Sample, bool) {
	if c.previous.view != nil {
		if sample := c.nextOfPrevious(dst, h); sample.Sequence > 0 || h.wasLapped() {
			return sample, true
		}
	}
	if !c.present.readable() {
		return ring.Sample{}, true
	}
	var sample ring.Sample
	var lost uint64
	var sound bool
	if h == nil { // as attachment.next does: it is not inlined, and this is the path of scalars
		sample, lost, sound = c.present.ring.Next(&c.present.position, dst)
	} else {
		sample, lost, sound = c.present.next(dst, h)
	}
	if c.lost += lost; sample.Sequence > 0 {
		c.takenTime = sample.Time
	}
	return sample, sound
}

// nextOfPrevious takes the next value of the previous file. If it has none, it is released.
func (c *cursor) nextOfPrevious(dst []uint64, h *held) ring.Sample {
	sample, lost, _ := c.previous.next(dst, h)
	if c.lost += lost; sample.Sequence > 0 {
		c.takenTime = sample.Time
		return sample
	}
	if h.wasLapped() {
		return ring.Sample{}
	}
	c.lost += c.previous.unseen() // 0, unless it is garbage
	c.previous.drop()
	return ring.Sample{}
}

// source returns the file that the next value comes from.
func (c *cursor) source() *attachment {
	if c.previous.view != nil {
		return &c.previous
	}
	return &c.present
}
