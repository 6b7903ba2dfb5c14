// Package bind is the source of gopy's Python module: the types of package shmpubsub in the forms that gopy can
// express. Values do not pass through it: the C types in ../hot publish and read through the mapping that Go made, and
// call this package to open and close.
//
// gopy raises every error as RuntimeError, so an error's text begins with its kind and a newline, from which the shim
// chooses the class. A lone error result leaks its text at every call, so methods without a result return true.
package bind

// The generated code imports it. That is not part of the module, so `go mod vendor` would leave it out.
import _ "github.com/go-python/gopy/gopyh"
