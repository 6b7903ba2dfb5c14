package shmpubsub

import (
	"fmt"
	"reflect"
	"strings"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// element is what values, or the innermost axes of an array, consist of.
type element struct {
	dtype  string
	record *descriptor.Record
	size   int
	layout
	meta map[string]Metadata // units in the tags
}

// builder finds out how a Go type lies in memory. It counts records in one another, and fields.
type builder struct{ depth, fields int }

// fieldError says why a field, or what is in it, cannot be one.
func fieldError(path string, found any, expected, remedy string) error {
	return fmt.Errorf("%w: field %s: found %v; expected %s; %s", ErrValueType, path, found, expected, remedy)
}

// element returns what t consists of: a number, a bool, a struct or, nested, fixed arrays of one. path is that of a field;
// "": none, whose errors the caller words.
func (b *builder) element(t reflect.Type, path string) (e element, shape []uint64, err error) {
	for whole := t; t.Kind() == reflect.Array; t = t.Elem() {
		if t.Len() == 0 {
			return e, nil, b.refuse(whole, path)
		}
		shape = append(shape, uint64(t.Len()))
	}
	e.size = int(t.Size())
	if kind, _ := roomOf(t); t.Kind() == reflect.Struct && kind == descriptor.KindAny {
		err = b.record(t, path, &e)
		return e, shape, err
	}
	dtype, ok := dtypes[t.Kind()]
	if machine := t.Kind() == reflect.Int || t.Kind() == reflect.Uint; !ok || machine && path != "" {
		return e, nil, b.refuse(t, path)
	}
	if e.dtype = dtype; dtype == "b1" {
		e.bools = []part{{n: 1, step: 1}}
	}
	return e, shape, nil
}

// errElement says that a type that is no field's is none of values.
var errElement = fmt.Errorf("%w: no element", ErrValueType)

// refuse says what to write instead of t in a field.
func (b *builder) refuse(t reflect.Type, path string) error {
	if path == "" {
		return errElement
	}
	expected, remedy := "a type of fixed size without pointers", ""
	switch t.Kind() {
	case reflect.Int:
		expected, remedy = "a type that has the same size everywhere", "write int64"
	case reflect.Uint, reflect.Uintptr:
		expected, remedy = "a type that has the same size everywhere", "write uint64"
	case reflect.String:
		remedy = "write shmpubsub.Text[[32]byte], for text of up to 32 bytes"
	case reflect.Slice:
		if remedy = "write shmpubsub.Array[[100]" + t.Elem().String() + "], for up to 100 elements"; t.Elem().Kind() == reflect.Uint8 {
			remedy = "write shmpubsub.Bytes[[100]byte], for up to 100 bytes"
		}
	case reflect.Pointer:
		remedy = fmt.Sprintf("write %v", t.Elem())
	case reflect.Map:
		remedy = "write a struct with a field for each key"
	case reflect.Interface:
		remedy = "write the type of its values"
	case reflect.Array:
		expected, remedy = "one element or more", "leave it out"
	case reflect.Struct: // one of the room types
		expected, remedy = "it as a field of its own", "make it the field of a struct, and write an array of that"
	default:
		remedy = "leave it out"
	}
	return fieldError(path, t, expected, remedy)
}

// record sets e to the struct t.
func (b *builder) record(t reflect.Type, path string, e *element) error {
	if path == "" {
		path = t.Name()
	}
	if b.depth++; b.depth > descriptor.MaxDepth {
		return fieldError(path, "more structs in one another", fmt.Sprintf("%d at most", descriptor.MaxDepth), "flatten some")
	}
	defer func() { b.depth-- }()
	e.record = &descriptor.Record{Bytes: uint64(t.Size())}
	if descriptor.ValidName(t.Name()) {
		e.record.Name = t.Name()
	}
	names := map[string]string{}
	end := 0
	for i := range t.NumField() {
		field := t.Field(i)
		path := strings.TrimPrefix(path+"."+field.Name, ".")
		if field.Name == "_" {
			if !isPadding(field.Type) {
				return fieldError(path, field.Type, "padding", "write an array of bytes, such as [4]byte")
			}
			continue
		}
		name, unit, err := b.named(field, path)
		if err != nil {
			return err
		}
		if other, taken := names[name]; taken {
			return fieldError(path, fmt.Sprintf("the name %q, which %s has", name, other), "names that differ", "change its tag")
		}
		names[name] = field.Name
		e.addGap(end, int(field.Offset))
		f, meta, err := b.field(field, path, e)
		if err != nil {
			return err
		}
		f.Name, f.Offset = name, uint64(field.Offset)
		e.record.Fields = append(e.record.Fields, f)
		if meta.Unit = unit; unit != "" || meta.Fields != nil {
			if e.meta == nil {
				e.meta = map[string]Metadata{}
			}
			e.meta[name] = meta
		}
		end = int(field.Offset + field.Type.Size())
	}
	if e.addGap(end, int(t.Size())); len(e.record.Fields) == 0 {
		return fmt.Errorf("%w: found %v, which has no fields; expected one or more", ErrValueType, t)
	}
	return nil
}

// addGap adds the padding between two places.
func (l *layout) addGap(from, to int) {
	if from < to {
		l.gaps = append(l.gaps, part{at: from, n: 1, step: to - from})
	}
}

// isPadding reports whether t is a number, or a fixed array of numbers.
func isPadding(t reflect.Type) bool {
	for ; t.Kind() == reflect.Array; t = t.Elem() {
		if t.Len() == 0 {
			return false
		}
	}
	return dtypes[t.Kind()] != ""
}

// named returns a field's name and unit, by its tag: shm:"ax", shm:"ax,unit=m/s^2" or shm:",unit=m/s^2".
func (b *builder) named(field reflect.StructField, path string) (name, unit string, err error) {
	if !field.IsExported() {
		return "", "", fieldError(path, "a field that is not exported", "an exported one",
			"export it, with a tag shm:\"name\" for the name that it has in Python")
	}
	if b.fields++; b.fields > descriptor.MaxFields {
		return "", "", fieldError(path, "more fields", fmt.Sprintf("%d at most", descriptor.MaxFields), "make it an array, or another topic")
	}
	name, option, more := strings.Cut(field.Tag.Get("shm"), ",")
	if name == "" {
		name = field.Name
	}
	unit, known := strings.CutPrefix(option, "unit=")
	switch {
	case more && !known:
		err = fieldError(path, fmt.Sprintf("the tag %q", field.Tag.Get("shm")), "a name, or a name and a unit", `write shm:"ax,unit=m/s^2"`)
	case name == "-":
		err = fieldError(path, `the tag "-"`, "a name", "call the field _ if it is padding, or take it out of the struct")
	case !descriptor.ValidName(name):
		expected := fmt.Sprintf("up to %d printable characters but \" and \\", descriptor.MaxName)
		err = fieldError(path, fmt.Sprintf("the name %q", name), expected, "change its tag")
	}
	return name, unit, err
}

// field returns the field's type, and adds to e's layout what is to be done with it.
func (b *builder) field(field reflect.StructField, path string, e *element) (f descriptor.Field, meta Metadata, err error) {
	kind, array := roomOf(field.Type)
	if kind != descriptor.KindAny {
		return b.room(field, kind, array, path, e)
	}
	of, shape, err := b.element(field.Type, path)
	if err != nil {
		return f, meta, err
	}
	f.Type = descriptor.Type{Kind: descriptor.KindScalar, Dtype: of.dtype, Record: of.record, Shape: shape}
	switch {
	case shape != nil:
		f.Type.Kind = descriptor.KindArray
	case of.record != nil:
		f.Type.Kind = descriptor.KindRecord
	}
	e.add(of.layout, int(field.Offset), int(field.Type.Size())/of.size, of.size, false)
	return f, Metadata{Fields: of.meta}, nil
}

// room is field for one of the types in rooms.go, with the type of its room.
func (b *builder) room(
	field reflect.StructField, kind descriptor.Kind, array reflect.Type, path string, e *element,
) (f descriptor.Field, meta Metadata, err error) {
	refuse := func(expected string) error {
		return fieldError(path, field.Type, expected, "change the array in its brackets")
	}
	if array.Kind() != reflect.Array || array.Len() == 0 {
		return f, meta, refuse("an array of one element or more in its brackets, such as [32]byte")
	}
	at, most, step := int(field.Offset)+descriptor.LengthBytes, array.Len(), int(array.Elem().Size())
	f.Type = descriptor.Type{Kind: kind, Variable: true, Max: uint64(most)}
	e.rooms = append(e.rooms, part{at: int(field.Offset), n: most, step: step, field: path, text: kind == descriptor.KindText})
	e.addGap(at+most*step, int(field.Offset+field.Type.Size()))
	if kind == descriptor.KindText || kind == descriptor.KindBytes {
		if array.Elem().Kind() != reflect.Uint8 {
			return f, meta, refuse("an array of bytes in its brackets")
		}
		return f, meta, nil
	}
	of, inner, err := b.element(array.Elem(), path)
	if err != nil {
		return f, meta, err
	}
	f.Type.Dtype, f.Type.Record = of.dtype, of.record
	if kind == descriptor.KindArray {
		f.Type.Shape = append([]uint64{0}, inner...)
	} else if !listed(of, inner) {
		return f, meta, refuse("an array of bool, int64, float64 or a struct in its brackets")
	}
	row := layout{}
	row.add(of.layout, 0, step/of.size, of.size, false)
	e.add(row, at, most, step, true)
	return f, Metadata{Fields: of.meta}, nil
}
