package shmpubsub

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// form is how values of a Go type lie in memory, and what type a topic of them has. It is found out once, in a
// constructor.
type form struct {
	typ     descriptor.Type
	size    int  // bytes of a value, or of a slice's element
	row     int  // bytes of a step of the first axis, if that varies, or of all of a value
	word    bool // a scalar of up to 8 bytes
	boolean bool // made of bools
	layout       // of a struct, or of a slice's element
	meta    map[string]Metadata
}

// dtypes are the numbers that values consist of.
var dtypes = map[reflect.Kind]string{
	reflect.Bool: "b1", reflect.Int8: "i1", reflect.Int16: "i2", reflect.Int32: "i4", reflect.Int64: "i8", reflect.Int: "i8",
	reflect.Uint8: "u1", reflect.Uint16: "u2", reflect.Uint32: "u4", reflect.Uint64: "u8", reflect.Uint: "u8",
	reflect.Float32: "f4", reflect.Float64: "f8", reflect.Complex64: "c8", reflect.Complex128: "c16",
}

const elements = "bool, an integer, a float, a complex number or a struct of fixed size, or a fixed array of one, such as [480][640][3]uint8"

// formOf returns the form of values of type T, in which a string has up to maxSize bytes; 0: any number.
func formOf[T any](maxSize int) (form, error) {
	t := reflect.TypeFor[T]()
	f := form{size: int(t.Size())}
	if t.Kind() == reflect.String {
		f.typ = descriptor.Type{Kind: descriptor.KindText, Variable: true, Max: uint64(maxSize)}
		return f.checked(t)
	}
	e, shape, err := new(builder).element(t, "")
	if errors.Is(err, errElement) {
		remedy := ""
		if kind, _ := roomOf(t); t.Kind() == reflect.Slice {
			remedy = "; use the constructors of slice publishers and subscribers"
		} else if kind != descriptor.KindAny {
			remedy = "; make it the field of a struct"
		}
		err = fmt.Errorf("%w: found %v; expected %s, or string%s", ErrValueType, t, elements, remedy)
	}
	if err != nil {
		return form{}, err
	}
	switch {
	case shape != nil:
		f.typ = descriptor.Type{Kind: descriptor.KindArray, Dtype: e.dtype, Record: e.record, Shape: shape}
	case e.record != nil:
		f.typ = descriptor.Type{Kind: descriptor.KindRecord, Record: e.record}
	case e.dtype == "b1":
		f.typ = descriptor.Bool
	case e.dtype == "i8":
		f.typ = descriptor.Int
	case e.dtype == "f8":
		f.typ = descriptor.Float
	default:
		f.typ = descriptor.Type{Kind: descriptor.KindScalar, Dtype: e.dtype}
	}
	f.setLayout(e)
	f.word = shape == nil && e.record == nil && f.size <= 8
	return f.checked(t)
}

// setLayout says what is to be done with f's elements.
func (f *form) setLayout(e element) {
	if f.boolean, f.meta = e.dtype == "b1", e.meta; e.record != nil {
		f.add(e.layout, 0, f.size/e.size, e.size, false)
	}
}

// checked refuses types that no topic can have.
func (f form) checked(t reflect.Type) (form, error) {
	if f.typ.Kind > descriptor.KindFloat {
		if _, err := descriptor.ParseWant(string(f.typ.Encode())); err != nil {
			return form{}, fmt.Errorf("%w: %v: %w", ErrValueType, t, err)
		}
	}
	f.row = int(f.typ.Row())
	return f, nil
}

func (f form) text() bool { return f.typ.Kind == descriptor.KindText }

// wordOf returns a scalar of up to 8 bytes as the ring keeps it: little-endian, with zeros behind it. It reads v in v's own
// width: a processor stalls that reads a word of which it has just stored a part.
func wordOf[T any](v T) uint64 {
	at := unsafe.Pointer(&v)
	switch unsafe.Sizeof(v) {
	case 1:
		return uint64(*(*uint8)(at))
	case 2:
		return uint64(*(*uint16)(at))
	case 4:
		return uint64(*(*uint32)(at))
	}
	return *(*uint64)(at)
}

// scalarOf is wordOf's inverse. Other processes may have published bools that Go does not have: all but 0 are true.
func scalarOf[T any](w uint64, boolean bool) T {
	if boolean {
		b := w&0xff != 0
		return *(*T)(unsafe.Pointer(&b))
	}
	return *(*T)(unsafe.Pointer(&w))
}

// bytesOf returns the memory of n values, which are not strings.
func bytesOf[T any](v *T, n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), n*int(unsafe.Sizeof(*v)))
}

// sliceBytes returns the memory of a slice's elements.
func sliceBytes[E any](v []E) []byte { return bytesOf(unsafe.SliceData(v), len(v)) }

// copyOut copies a value's bytes, which other processes may have published, to Go's memory: all bools but 0 are true.
func (f *form) copyOut(dst, src []byte) {
	if !f.boolean {
		f.copyUsed(dst, src)
		f.fixBools(dst)
		return
	}
	for i, b := range src {
		if b != 0 {
			b = 1
		}
		dst[i] = b
	}
}
