//go:build !killpoints

// Package killpoint marks where tests kill a process: after every step of the protocol that another process can tell
// from the step before. Kills at random moments hit the long steps; a test that walks the points hits each. Only a
// build with the tag killpoints has them.
package killpoint

// Here does nothing, and compiles to nothing.
func Here() {}
