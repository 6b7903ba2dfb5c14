package shmpubsub

import (
	"fmt"
	"reflect"
	"unicode/utf8"
	"unsafe"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// Text is a field of a struct: text of up to N bytes, for A = [N]byte.
type Text[A any] struct {
	length uint64
	room   A
}

// String returns the text. Another process's may not be UTF-8.
func (t Text[A]) String() string { return string(inRoom(&t.room, t.length)) }

// Set makes s the text. It reports [ErrValue], and changes nothing, if s is too long or not UTF-8.
func (t *Text[A]) Set(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: found text that is not UTF-8; expected UTF-8; use Bytes", ErrValue)
	}
	return setRoom(&t.room, &t.length, s)
}

// Bytes is a field of a struct: up to N bytes, for A = [N]byte.
type Bytes[A any] struct {
	length uint64
	room   A
}

// Bytes returns the bytes, in b's own memory.
func (b *Bytes[A]) Bytes() []byte { return inRoom(&b.room, b.length) }

// Set copies v. It reports [ErrValue], and changes nothing, if v is too long.
func (b *Bytes[A]) Set(v []byte) error { return setRoom(&b.room, &b.length, v) }

// Array is a field of a struct: an array whose first axis varies, for A = [N]E or, with more axes, [N][4]E. What is in Data
// behind Len has no meaning.
type Array[A any] struct {
	length uint64
	Data   A
}

// Len returns the length of the first axis: a.Data[:a.Len()] is the value.
func (a *Array[A]) Len() int { return int(min(a.length, stepsOf[A]())) }

// SetLen sets the length of the first axis. It reports [ErrValue] if n is negative or more than Data has.
func (a *Array[A]) SetLen(n int) error { return setLength[A](&a.length, n) }

// ListOf is a field of a struct: a list of up to N elements, for A = [N]E, where E is bool, int64, float64 or a struct. In
// Python it is a list, and [Array] is an array. What is in Data behind Len has no meaning.
type ListOf[A any] struct {
	length uint64
	Data   A
}

// Len returns how many elements the list has: l.Data[:l.Len()] are its elements.
func (l *ListOf[A]) Len() int { return int(min(l.length, stepsOf[A]())) }

// SetLen sets how many elements the list has. It reports [ErrValue] if n is negative or more than Data has.
func (l *ListOf[A]) SetLen(n int) error { return setLength[A](&l.length, n) }

// room is one of the four types above.
type room interface{ kind() descriptor.Kind }

func (*Text[A]) kind() descriptor.Kind   { return descriptor.KindText }
func (*Bytes[A]) kind() descriptor.Kind  { return descriptor.KindBytes }
func (*Array[A]) kind() descriptor.Kind  { return descriptor.KindArray }
func (*ListOf[A]) kind() descriptor.Kind { return descriptor.KindList }

// roomOf returns the kind of t's values, and A, if t is one of the four types.
func roomOf(t reflect.Type) (descriptor.Kind, reflect.Type) {
	if t.Kind() != reflect.Struct || t.PkgPath() != reflect.TypeFor[Text[[1]byte]]().PkgPath() {
		return descriptor.KindAny, nil
	}
	if r, ok := reflect.Zero(reflect.PointerTo(t)).Interface().(room); ok {
		return r.kind(), t.Field(1).Type
	}
	return descriptor.KindAny, nil
}

// inRoom returns the bytes of room that are in use. Other processes may have written any length.
func inRoom[A any](room *A, length uint64) []byte {
	return bytesOf(room, 1)[:min(length, uint64(unsafe.Sizeof(*room)))]
}

func setRoom[A any, V string | []byte](room *A, length *uint64, v V) error {
	if most := int(unsafe.Sizeof(*room)); len(v) > most {
		return fmt.Errorf("%w: found %d bytes; expected %d at most; give the field a larger array", ErrValue, len(v), most)
	}
	copy(bytesOf(room, 1), v)
	*length = uint64(len(v))
	return nil
}

// stepsOf returns the length of the array A's first axis.
func stepsOf[A any]() uint64 {
	if t := reflect.TypeFor[A](); t.Kind() == reflect.Array {
		return uint64(t.Len())
	}
	return 0
}

func setLength[A any](length *uint64, n int) error {
	if n < 0 || uint64(n) > stepsOf[A]() {
		return fmt.Errorf("%w: found a length of %d; expected 0 to %d; give the field a larger array", ErrValue, n, stepsOf[A]())
	}
	*length = uint64(n)
	return nil
}
