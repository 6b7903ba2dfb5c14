// Package bind is what gopy makes a Python module of: the types of package shmpubsub in the forms
// that gopy can express. Values do not pass through it: the C types in ../hot publish and subscribe
// on the mapping that Go made, and come here to open and to close.
//
// gopy raises every error as RuntimeError, so an error's text begins with its kind and a newline,
// by which the shim chooses the class. A result of error alone leaks its text at every call, so
// methods that have nothing to return return true.
package bind

// The code that gopy generates imports it. As that is no part of the module, `go mod vendor` would leave it out.
import _ "github.com/go-python/gopy/gopyh"
