package descriptor

import "strconv"

// Encode returns the type's descriptor in canonical JSON; nil for bool, int and float, which need none.
func (t Type) Encode() []byte {
	if t.Kind <= KindFloat {
		return nil
	}
	return t.append(nil)
}

// append appends the JSON of a type that needs no escapes in it: see ValidName.
func (t Type) append(b []byte) []byte {
	if t.Kind == KindRecord {
		return t.Record.append(b)
	}
	b = append(b, `{"kind":"`...)
	b = append(b, t.Kind.String()...)
	b = append(b, '"')
	if t.Dtype != "" || t.Record != nil {
		b = t.appendElement(append(b, `,"dtype":`...))
	}
	if t.Kind == KindArray {
		b = append(b, `,"shape":[`...)
		for axis, n := range t.Shape {
			if axis > 0 {
				b = append(b, ',')
			}
			if axis == 0 && t.Variable {
				b = append(b, "null"...)
			} else {
				b = strconv.AppendUint(b, n, 10)
			}
		}
		b = append(b, ']')
	}
	if t.Max > 0 {
		b = strconv.AppendUint(append(b, `,"max":`...), t.Max, 10)
	}
	return append(b, '}')
}

// appendElement appends what the value, an array's or list's element or a field consists of.
func (t Type) appendElement(b []byte) []byte {
	if t.Record != nil {
		return t.Record.append(b)
	}
	b = append(b, `"<`...)
	b = append(b, t.Dtype...)
	return append(b, '"')
}

func (r *Record) append(b []byte) []byte {
	b = append(b, `{"kind":"record"`...)
	if r.Name != "" {
		b = append(b, `,"name":"`...)
		b = append(b, r.Name...)
		b = append(b, '"')
	}
	b = strconv.AppendUint(append(b, `,"size":`...), r.Bytes, 10)
	b = append(b, `,"fields":[`...)
	for i, f := range r.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `["`...)
		b = append(b, f.Name...)
		b = append(b, `",`...)
		if f.Type.Kind == KindScalar {
			b = f.Type.appendElement(b)
		} else {
			b = f.Type.append(b)
		}
		b = strconv.AppendUint(append(b, ','), f.Offset, 10)
		b = append(b, ']')
	}
	return append(b, `]}`...)
}
