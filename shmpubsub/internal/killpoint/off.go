//go:build !killpoints

// Package killpoint marks where a process can die: after every step of the protocol that another
// process, or the next one, can tell from the step before. Kills at random moments hit the long steps;
// a test that walks the points hits each. Only a build with the tag killpoints has them.
package killpoint

// Here does nothing, and the compiler leaves nothing of it.
func Here() {}
