package ring

// Cursor is where one reader of every value stands. The zero Cursor stands before all of them.
type Cursor struct {
	After uint64 // the last value that was taken or lost
}

// kept is how many values are readable at any time: one slot may be in the writer's hands.
func (r *Ring) kept() uint64 { return r.slots - 1 }

// Unseen returns how many values were published after the cursor, those included that are overwritten by
// now. Where head contradicts the cursor it is 0.
func (r *Ring) Unseen(c Cursor) uint64 {
	if k := r.Published(); k > c.After && k < impossible {
		return k - c.After
	}
	return 0
}

// Next copies the value after the cursor to dst and moves the cursor to it. Where that value is
// overwritten it is the oldest one that is kept, and lost says how many were passed over. Sequence 0 says
// that there is none yet. It reports false where the memory contradicts itself. In both cases
// the cursor stays where it is.
//
// Who was overtaken while it copied goes one further each time, in the end to the newest: the oldest value
// is the next to be overwritten, and a writer at full speed would be there first again and again.
func (r *Ring) Next(c *Cursor, dst []uint64) (s Sample, lost uint64, sound bool) {
	last, further := uint64(0), uint64(0)
	for same := 0; same < patience; same++ {
		head := r.head.Load()
		if head == c.After {
			return Sample{}, 0, true
		}
		if head < c.After || head >= impossible {
			return Sample{}, 0, false
		}
		if head != last {
			last, same = head, 0
		}
		k := c.After + 1
		if head-c.After > r.kept() {
			k = head - r.kept() + 1
		}
		k = min(k+further, head)
		slot := r.slot(k)
		if slot[sequence].Load() == 2*k {
			at := int64(slot[stamp].Load())
			for i := range dst {
				dst[i] = slot[payload+i].Load()
			}
			if slot[sequence].Load() == 2*k {
				lost, c.After = k-c.After-1, k
				return Sample{Sequence: k, Time: at}, lost, true
			}
		}
		further++
	}
	return Sample{}, 0, false
}
