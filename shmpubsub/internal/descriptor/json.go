package descriptor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
)

// MaxJSON is the most bytes of a descriptor that is read.
const MaxJSON = 1 << 16

// ErrNewer says that a type is one of a newer release.
var ErrNewer = errors.New("a type of a newer release of the library")

// form is a descriptor's JSON, with its keys in canonical order.
type form struct {
	Kind  string     `json:"kind"`
	Dtype *string    `json:"dtype,omitempty"`
	Shape *[]*uint64 `json:"shape,omitempty"` // null: variable
	Max   *uint64    `json:"max,omitempty"`
}

// Encode returns the type's descriptor in canonical JSON; nil for bool, int and float, which need none.
func (t Type) Encode() []byte {
	if t.Kind <= KindFloat {
		return nil
	}
	out := form{Kind: t.Kind.String()}
	if t.Dtype != "" {
		little := "<" + t.Dtype
		out.Dtype = &little
	}
	if t.Kind == KindArray {
		axes := make([]*uint64, len(t.Shape))
		for i := range t.Shape {
			if i > 0 || !t.Variable {
				axes[i] = &t.Shape[i]
			}
		}
		out.Shape = &axes
	}
	if t.Max > 0 {
		out.Max = &t.Max
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // "<"
	_ = e.Encode(out)      // fails for no form
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Parse returns the type that a topic's descriptor describes, which must be canonical. The errors say what was found and
// expected; ErrNewer is among them.
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
	var in form
	if err := json.Unmarshal(b, &in); err != nil {
		return Type{}, fmt.Errorf("found the type descriptor %.60q; expected JSON of this library: %w", b, err)
	}
	if in.Kind == KindRecord.String() {
		return Type{}, fmt.Errorf("found the type descriptor %.60q: %w; expected a type that this release knows", b, ErrNewer)
	}
	t, ok := in.typed()
	if !ok || !t.valid(bounded) || !bytes.Equal(t.Encode(), b) {
		return Type{}, fmt.Errorf("found the type descriptor %.200q; expected one of this library, in its canonical form", b)
	}
	return t, nil
}

// typed returns the type that the form describes, not yet validated.
func (in form) typed() (Type, bool) {
	t := Type{}
	for _, kind := range []Kind{KindArray, KindBytes, KindText, KindList, KindScalar} {
		if kind.String() == in.Kind {
			t.Kind = kind
		}
	}
	if in.Dtype != nil {
		if len(*in.Dtype) < 2 || (*in.Dtype)[0] != '<' {
			return Type{}, false
		}
		t.Dtype = (*in.Dtype)[1:]
	}
	if in.Max != nil {
		t.Max = *in.Max
	}
	t.Variable = t.Kind == KindBytes || t.Kind == KindText || t.Kind == KindList
	if in.Shape != nil {
		axes := *in.Shape
		if len(axes) > MaxDimensions {
			return Type{}, false
		}
		t.Shape = make([]uint64, len(axes))
		for i, n := range axes {
			switch {
			case n != nil && *n > 0:
				t.Shape[i] = *n
			case n == nil && i == 0:
				t.Variable = true
			default:
				return Type{}, false
			}
		}
	}
	return t, t.Kind != KindAny
}

// valid reports whether the parts go together, and the size does not overflow. What a subscriber wants need not be
// bounded.
func (t Type) valid(bounded bool) bool {
	_, list := listNames[t.Dtype]
	row := dtypes[t.Dtype].size
	switch t.Kind {
	case KindBytes, KindText:
		if t.Dtype != "" {
			return false
		}
		row = 1
	case KindList:
		if !list {
			return false
		}
	case KindScalar:
		if list { // one of the three types that have a tag of their own
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
