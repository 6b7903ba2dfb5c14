// Package bind is what gopy makes a Python module of: the types of package shmpubsub in the forms
// that gopy can express. Beside it, in C, stands the hot path (hot.c), which ends up in the same
// shared library: publish and subscribe work on the mapping that Go made and do not come back here.
//
// gopy raises every error as RuntimeError, so an error's text begins with its kind and a newline,
// by which the shim chooses the class. A result of error alone leaks its text at every call, so
// methods that have nothing to return return true.
package bind
