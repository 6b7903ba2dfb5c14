//go:build page64k

package page

// Size returns what the largest pages have: a build for tests, whose offsets and writable lengths fit such a kernel.
func Size() uint64 { return 65536 }
