package descriptor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/bits"
)

// MaxJSON is the most bytes of a descriptor that is read.
const MaxJSON = 1 << 16

// form is a descriptor's JSON.
type form struct {
	Kind   string
	Name   string
	Size   uint64
	Fields [][]json.RawMessage // name, type, offset
	Dtype  json.RawMessage     // of arrays, lists and scalars: text, or a record's form
	Shape  *[]*uint64          // null: variable
	Max    *uint64
}

// Parse returns the type that a topic's descriptor describes, which must be canonical. The errors say what was found and
// expected.
func Parse(b []byte) (Type, error) { return parse(b, true) }

// ParseWant returns the type that a subscriber wants: "bool", "int", "float", a descriptor, whose max may be missing, or
// "" for any type.
func ParseWant(text string) (Type, error) {
	switch text {
	case "":
		return Any, nil
	case "bool":
		return Bool, nil
	case "int":
		return Int, nil
	case "float":
		return Float, nil
	}
	return parse([]byte(text), false)
}

func parse(b []byte, bounded bool) (Type, error) {
	if len(b) > MaxJSON {
		return Type{}, fmt.Errorf("found a type descriptor of %d bytes; expected up to %d", len(b), MaxJSON)
	}
	if !json.Valid(b) {
		return Type{}, fmt.Errorf("found the type descriptor %.60q; expected JSON", b)
	}
	p := parser{}
	t, ok := p.typed(b, bounded)
	if !ok || t.Kind == KindScalar && isListed(t.Dtype) || !bytes.Equal(t.Encode(), b) {
		return Type{}, fmt.Errorf("found the type descriptor %.200q; expected one of this library, in its canonical form", b)
	}
	return t, nil
}

// parser counts records in one another, and fields.
type parser struct{ depth, fields int }

// typed returns the type that b describes, and whether it is valid.
func (p *parser) typed(b []byte, bounded bool) (t Type, ok bool) {
	var in form
	if json.Unmarshal(b, &in) != nil {
		return Type{}, false
	}
	for _, kind := range []Kind{KindArray, KindRecord, KindBytes, KindText, KindList, KindScalar} {
		if kind.String() == in.Kind {
			t.Kind = kind
		}
	}
	switch t.Kind {
	case KindAny:
		return Type{}, false
	case KindRecord:
		t.Record, ok = p.record(in)
		return t, ok
	}
	if in.Dtype != nil && !p.element(in.Dtype, &t) {
		return Type{}, false
	}
	if in.Max != nil {
		t.Max = *in.Max
	}
	t.Variable = t.Kind == KindBytes || t.Kind == KindText || t.Kind == KindList
	if in.Shape != nil && !t.setShape(*in.Shape) {
		return Type{}, false
	}
	return t, t.valid(bounded)
}

// element sets what t consists of.
func (p *parser) element(b []byte, t *Type) (ok bool) {
	if bytes.HasPrefix(b, []byte(`{"kind":"record"`)) { // nothing else, which may be nested without end
		element, ok := p.typed(b, true)
		t.Record = element.Record
		return ok
	}
	t.Dtype, ok = dtypeOf(b)
	return ok
}

// dtypeOf returns f8 for "<f8".
func dtypeOf(b []byte) (string, bool) {
	text := string(b)
	if len(text) < 5 || text[:2] != `"<` || text[len(text)-1] != '"' {
		return "", false
	}
	text = text[2 : len(text)-1]
	return text, dtypes[text].size > 0
}

func (p *parser) record(in form) (*Record, bool) {
	if p.depth++; p.depth > MaxDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	if p.fields += len(in.Fields); p.fields > MaxFields {
		return nil, false
	}
	r := &Record{Name: in.Name, Bytes: in.Size, Fields: make([]Field, len(in.Fields))}
	for i, parts := range in.Fields {
		if len(parts) != 3 || !p.field(parts, &r.Fields[i]) {
			return nil, false
		}
	}
	return r, r.valid()
}

func (p *parser) field(parts []json.RawMessage, f *Field) (ok bool) {
	if json.Unmarshal(parts[0], &f.Name) != nil || json.Unmarshal(parts[2], &f.Offset) != nil {
		return false
	}
	if parts[1][0] == '{' {
		f.Type, ok = p.typed(parts[1], true)
		return ok && f.Type.Kind != KindScalar
	}
	f.Type.Kind = KindScalar
	f.Type.Dtype, ok = dtypeOf(parts[1])
	return ok
}

func (t *Type) setShape(axes []*uint64) bool {
	if len(axes) > MaxDimensions {
		return false
	}
	t.Shape = make([]uint64, len(axes))
	for i, n := range axes {
		switch {
		case n != nil && *n > 0:
			t.Shape[i] = *n
		case n == nil && i == 0:
			t.Variable = true
		default:
			return false
		}
	}
	return true
}

// isListed reports whether lists have such elements. Alone they are of a kind of their own.
func isListed(dtype string) bool { return listNames[dtype] != "" }

// valid reports whether the parts go together, and the size does not overflow. What a subscriber wants need not be
// bounded.
func (t Type) valid(bounded bool) bool {
	row := t.element()
	switch t.Kind {
	case KindBytes, KindText:
		if t.Dtype != "" || t.Record != nil {
			return false
		}
		row = 1
	case KindList:
		if t.Record == nil && !isListed(t.Dtype) {
			return false
		}
	case KindScalar:
		if t.Record != nil {
			return false
		}
	}
	if row == 0 || t.Variable && bounded && t.Max == 0 || !t.Variable && t.Max != 0 {
		return false
	}
	if (t.Kind == KindArray) != (t.Shape != nil) {
		return false
	}
	for axis, n := range t.Shape {
		if axis == 0 && t.Variable {
			continue
		}
		if row = product(row, n); row > MaxSize {
			return false
		}
	}
	return product(row, max(t.Max, 1)) <= MaxSize
}

// product returns a * b, or more than MaxSize if it overflows.
func product(a, b uint64) uint64 {
	if high, low := bits.Mul64(a, b); high == 0 {
		return low
	}
	return MaxSize + 1
}
