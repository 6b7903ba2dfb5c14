// Package descriptor has the types of topics' values, and their descriptors: canonical JSON that a topic's file has of
// every type except bool, int and float.
package descriptor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is a type's tag in a topic's file.
type Kind uint32

const (
	KindAny    Kind = 0 // of a subscriber that reads every type
	KindBool   Kind = 1
	KindInt    Kind = 2 // int64
	KindFloat  Kind = 3 // float64
	KindArray  Kind = 4
	KindRecord Kind = 5
	KindBytes  Kind = 6
	KindText   Kind = 7 // UTF-8
	KindList   Kind = 8 // up to Max elements of one axis
	KindScalar Kind = 9 // one element that is no KindBool, KindInt or KindFloat
)

var kindNames = [...]string{
	KindAny: "any", KindBool: "bool", KindInt: "int", KindFloat: "float", KindArray: "array", KindRecord: "record", KindBytes: "bytes",
	KindText: "text", KindList: "list", KindScalar: "scalar",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("type tag %d", uint32(k))
}

// Limits of a type. A size below MaxSize cannot overflow in what is calculated from it.
const (
	MaxDimensions = 32
	MaxSize       = 1 << 40 // bytes of one value
)

// InlineMax is the most bytes of a value that its slot holds. Larger ones, and those that vary in length, are in chunks.
const InlineMax = 128

// Type is the type of a topic's values; the zero Type is any type. Types that Parse returned, and those below, are valid.
type Type struct {
	Kind     Kind
	Dtype    string   // of one element, as in numpy without the byte order, which is little-endian: "f8"; "" if Kind or Record says it
	Variable bool     // a value has 0 to Max steps of its first axis (elements, bytes)
	Max      uint64   // 0: fixed or, if a subscriber wants it, whatever there is
	Shape    []uint64 // of an array; 0 for a variable first axis
	Record   *Record  // the value, or one element
}

var (
	Any   = Type{}
	Bool  = Type{Kind: KindBool}
	Int   = Type{Kind: KindInt}
	Float = Type{Kind: KindFloat}
)

// dtypes are the elements' bytes and names.
var dtypes = map[string]struct {
	size uint64
	name string
}{
	"b1": {1, "bool"}, "i1": {1, "int8"}, "i2": {2, "int16"}, "i4": {4, "int32"}, "i8": {8, "int64"},
	"u1": {1, "uint8"}, "u2": {2, "uint16"}, "u4": {4, "uint32"}, "u8": {8, "uint64"},
	"f2": {2, "float16"}, "f4": {4, "float32"}, "f8": {8, "float64"}, "c8": {8, "complex64"}, "c16": {16, "complex128"},
}

// listNames are the elements of lists.
var listNames = map[string]string{"b1": "bool", "i8": "int", "f8": "float"}

// element returns the bytes of one; 0: there are none of that type.
func (t Type) element() uint64 {
	if t.Record != nil {
		return t.Record.Bytes
	}
	return dtypes[t.Dtype].size
}

// Row returns the bytes of one step of the first axis, or of a whole value of fixed size.
func (t Type) Row() uint64 {
	switch t.Kind {
	case KindBool, KindBytes, KindText:
		return 1
	case KindInt, KindFloat:
		return 8
	}
	row := t.element()
	for axis, n := range t.Shape {
		if axis > 0 || !t.Variable {
			row *= n
		}
	}
	return row
}

// Size returns the most bytes of a value.
func (t Type) Size() uint64 {
	if t.Variable {
		return t.Row() * t.Max
	}
	return t.Row()
}

// Pooled reports whether values are in chunks.
func (t Type) Pooled() bool { return t.Variable || t.Size() > InlineMax }

// Fits reports whether a value may have that many bytes.
func (t Type) Fits(length uint64) bool {
	if !t.Variable {
		return length == t.Size()
	}
	return length <= t.Size() && length%t.Row() == 0
}

// Equal reports whether t and b have the same descriptor, but for the names of records.
func (t Type) Equal(b Type) bool { return t.Max == b.Max && t.SameButMax(b) }

// SameButMax reports whether t and b differ in nothing but the most steps of the first axis.
func (t Type) SameButMax(b Type) bool {
	return t.Kind == b.Kind && t.Dtype == b.Dtype && t.Variable == b.Variable && slices.Equal(t.Shape, b.Shape) && t.Record.same(b.Record)
}

// Reads reports whether a subscriber that wants that type reads a topic of type t: a first axis that varies in either
// matches any, and the most steps are not compared. Records must be the same but for their names.
func (t Type) Reads(want Type) bool {
	if want.Kind == KindAny {
		return true
	}
	if t.Kind != want.Kind || t.Dtype != want.Dtype || len(t.Shape) != len(want.Shape) || !t.Record.same(want.Record) {
		return false
	}
	if len(t.Shape) == 0 {
		return true
	}
	return slices.Equal(t.Shape[1:], want.Shape[1:]) && (t.Variable || want.Variable || t.Shape[0] == want.Shape[0])
}

// String returns the type as people see it: "uint8[480,640,3]", "float32[<=131072,4]", "str <= 4096", "Pose{x: float64}[3]".
// What a subscriber wants may have no bound: "float32[:,4]", "str".
func (t Type) String() string {
	bound := ""
	if t.Max > 0 {
		bound = fmt.Sprintf(" <= %d", t.Max)
	}
	switch t.Kind {
	case KindBytes:
		return "bytes" + bound
	case KindText:
		return "str" + bound
	case KindList:
		if t.Record != nil {
			return "list[" + t.Record.String() + "]" + bound
		}
		return "list[" + listNames[t.Dtype] + "]" + bound
	case KindScalar:
		return t.elementName()
	case KindRecord:
		if t.Record != nil { // nil: the tag alone
			return t.Record.String()
		}
	case KindArray:
		axes := make([]string, len(t.Shape))
		for i, n := range t.Shape {
			axes[i] = strconv.FormatUint(n, 10)
		}
		if t.Variable {
			axes[0] = ":"
			if t.Max > 0 {
				axes[0] = fmt.Sprintf("<=%d", t.Max)
			}
		}
		return t.elementName() + "[" + strings.Join(axes, ",") + "]"
	}
	return t.Kind.String()
}

// elementName returns the type of one element as people see it.
func (t Type) elementName() string {
	if t.Record != nil {
		return t.Record.String()
	}
	return dtypes[t.Dtype].name
}

// Line returns the type in the form that value_type in hot/ reads: kind, dtype ("-": none, "r40": a record of 40 bytes),
// whether it is variable, the most steps, the number of axes and the axes, 0 for one that varies.
func (t Type) Line() string {
	dtype, variable := t.Dtype, 0
	switch {
	case t.Record != nil:
		dtype = "r" + strconv.FormatUint(t.Record.Bytes, 10)
	case dtype == "":
		dtype = "-"
	}
	if t.Variable {
		variable = 1
	}
	axes := t.Shape
	if t.Kind == KindList {
		axes = []uint64{0}
	}
	line := fmt.Sprintf("%s %s %d %d %d", t.Kind, dtype, variable, t.Max, len(axes))
	for _, n := range axes {
		line += " " + strconv.FormatUint(n, 10)
	}
	return line
}
