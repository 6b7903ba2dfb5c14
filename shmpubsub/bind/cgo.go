package bind

// Because of this import cgo compiles the C files of this directory.

import "C"
