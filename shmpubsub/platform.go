package shmpubsub

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strconv"
)

// unsupported says why this machine can have no topics; nil: it can. The package compiles there, so that programs that
// import it do.
var unsupported = platformError(strconv.IntSize, binary.NativeEndian.Uint16([]byte{1, 0}) == 1)

// platformError returns ErrUnsupported unless fields of the memory layout can be read in place, by one instruction each.
func platformError(bits int, littleEndian bool) error {
	found := "big-endian"
	switch {
	case bits != 64:
		found = fmt.Sprintf("%d-bit", bits)
	case littleEndian:
		return nil
	}
	return fmt.Errorf("%w: found %s/%s, which is %s; expected 64-bit little-endian Linux; build with GOARCH=arm64, amd64 or riscv64, for a 64-bit system",
		ErrUnsupported, runtime.GOOS, runtime.GOARCH, found)
}
