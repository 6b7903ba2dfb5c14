//go:build !page64k

// Package page has the size of a page of memory, to which mappings are rounded.
package page

import "os"

// Size returns the running kernel's, in bytes.
func Size() uint64 { return uint64(os.Getpagesize()) }
