package ring

// Position is the position of a reader of every value. The zero Position is before all of them.
type Position struct {
	After uint64 // the last value taken or lost
}

// capacity is how many values are readable at any time: the writer may be using one slot.
func (r *Ring) capacity() uint64 { return r.slots - 1 }

// Unseen returns how many values were published after the position, including overwritten ones; 0 if head contradicts
// it.
func (r *Ring) Unseen(p Position) uint64 {
	if k := r.Published(); k > p.After && k < headLimit {
		return k - p.After
	}
	return 0
}

// Next copies the value after the position to dst, or the oldest one that is still readable, and moves the position to
// it; lost is the number of values skipped. Sequence 0 says that there is none yet. It reports false if the memory
// contradicts itself. In both cases the position stays.
//
// A reader that is lapped while it copies goes one value further each time, at last to the newest: the oldest one is the
// next to be overwritten, and a writer at full speed would be there first again and again.
func (r *Ring) Next(p *Position, dst []uint64) (s Sample, lost uint64, sound bool) {
	return r.NextFrom(p, 0, dst)
}

// NextFrom is Next for a reader that was lapped so many times in a row after an earlier call.
func (r *Ring) NextFrom(p *Position, further uint64, dst []uint64) (s Sample, lost uint64, sound bool) {
	last := uint64(0)
	for retries := 0; retries < maxRetries; retries++ {
		head := r.head.Load()
		if head == p.After {
			return Sample{}, 0, true
		}
		if head < p.After || head >= headLimit {
			return Sample{}, 0, false
		}
		if head != last {
			last, retries = head, 0
		}
		k := p.After + 1
		if head-p.After > r.capacity() {
			k = head - r.capacity() + 1
		}
		k = min(k+further, head)
		slot := r.slot(k)
		if slot[sequence].Load() == 2*k {
			at := int64(slot[stamp].Load())
			for i := range dst {
				dst[i] = slot[payload+i].Load()
			}
			if slot[sequence].Load() == 2*k {
				lost, p.After = k-p.After-1, k
				return Sample{Sequence: k, Time: at}, lost, true
			}
		}
		further++
	}
	return Sample{}, 0, false
}
