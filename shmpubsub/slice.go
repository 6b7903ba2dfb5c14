package shmpubsub

import (
	"errors"
	"fmt"
	"reflect"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// sliceForm returns the form of values of type []E, by the options of their publisher or subscriber. Without a shape they
// have one axis, which varies, before those of E.
func sliceForm[E any](o options, kind descriptor.Kind) (form, error) {
	t := reflect.TypeFor[E]()
	f := form{size: int(t.Size()), typ: descriptor.Type{Kind: kind}}
	e, inner, err := new(builder).element(t, "")
	if errors.Is(err, errElement) {
		err = fmt.Errorf("%w: found elements of type %v; expected %s", ErrValueType, t, elements)
	}
	if err != nil {
		return form{}, err
	}
	f.setLayout(e)
	switch kind {
	case descriptor.KindArray:
		f.typ.Dtype, f.typ.Record = e.dtype, e.record
		shape := []int{0}
		if o.shape != nil {
			shape = o.shape
		}
		for axis, n := range shape {
			if n < 0 || n == 0 && axis > 0 {
				return form{}, fmt.Errorf("%w: found the shape %v; expected positive numbers, or a first one of 0 for any length", ErrValueType, shape)
			}
			f.typ.Shape = append(f.typ.Shape, uint64(n))
		}
		f.typ.Variable = len(shape) > 0 && shape[0] == 0
		f.typ.Shape = append(f.typ.Shape, inner...)
		if len(f.typ.Shape) == 0 {
			f.typ.Shape = []uint64{}
		}
	case descriptor.KindList:
		f.typ.Dtype, f.typ.Record, f.typ.Variable = e.dtype, e.record, true
		if !listed(e, inner) {
			return form{}, fmt.Errorf("%w: found a list of %v; expected one of bool, int, int64, float64 or a struct", ErrValueType, t)
		}
	default:
		f.typ.Variable = true
	}
	if f.typ.Variable {
		f.typ.Max = uint64(o.maxSize)
	}
	if o.shape != nil && kind != descriptor.KindArray {
		return form{}, fmt.Errorf("%w: found WithShape for %v; expected an array", ErrValueType, f.typ)
	}
	return f.checked(reflect.TypeFor[[]E]())
}

// listed reports whether lists may have such elements.
func listed(e element, inner []uint64) bool {
	return len(inner) == 0 && (e.record != nil || e.dtype == "b1" || e.dtype == "i8" || e.dtype == "f8")
}
