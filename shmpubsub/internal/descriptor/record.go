package descriptor

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a record, with the records in it.
const (
	MaxDepth  = 8    // records in one another, the outermost too
	MaxFields = 1000 // in all
	MaxName   = 255  // characters
)

// Record is a structure as C has it. Equal records may have different names.
type Record struct {
	Name   string // "": none
	Bytes  uint64 // with what pads its end
	Fields []Field
}

// Field is a part of a record. Its type is a KindScalar of any dtype, or of the kinds array, text, bytes, list and record.
// If it varies, its length comes first, in 64 bits: the bytes of text and bytes, otherwise steps of the first axis.
type Field struct {
	Name   string
	Type   Type
	Offset uint64
}

// LengthBytes are before the room of a field that varies.
const LengthBytes = 8

// Bytes returns the room that the field takes.
func (f Field) Bytes() uint64 {
	if f.Type.Variable {
		return LengthBytes + (f.Type.Size()+7)/8*8
	}
	return f.Type.Size()
}

// same reports whether a and b are the same but for their names, and those of the records in them.
func (r *Record) same(b *Record) bool {
	if r == nil || b == nil {
		return r == b
	}
	return r.Bytes == b.Bytes && slices.EqualFunc(r.Fields, b.Fields, func(f, g Field) bool {
		return f.Name == g.Name && f.Offset == g.Offset && f.Type.Equal(g.Type)
	})
}

func (r *Record) String() string {
	parts := make([]string, len(r.Fields))
	for i, f := range r.Fields {
		parts[i] = shown(f.Name) + ": " + f.Type.String()
	}
	return shown(r.Name) + "{" + strings.Join(parts, ", ") + "}"
}

// shown returns a name as String has it: in quotes if it could be taken for more than that.
func shown(name string) string {
	if strings.ContainsAny(name, ":,{}[]<") || strings.TrimSpace(name) != name {
		return `"` + name + `"`
	}
	return name
}

// lengths reports whether there are fields that vary in the record, or in one in it.
func (r *Record) lengths() bool {
	return slices.ContainsFunc(r.Fields, func(f Field) bool { return f.Type.Variable || f.Type.Record != nil && f.Type.Record.lengths() })
}

// valid reports whether the fields, which are valid themselves, are apart and inside the record, and lengths aligned.
func (r *Record) valid() bool {
	if len(r.Fields) == 0 || r.Bytes == 0 || r.Bytes > MaxSize || r.Name != "" && !ValidName(r.Name) || r.lengths() && r.Bytes%8 != 0 {
		return false
	}
	end := uint64(0)
	names := make(map[string]bool, len(r.Fields))
	for _, f := range r.Fields {
		aligned := f.Offset%8 == 0 || !f.Type.Variable && (f.Type.Record == nil || !f.Type.Record.lengths())
		if !aligned || names[f.Name] || !ValidName(f.Name) || f.Offset < end || f.Offset > r.Bytes || f.Bytes() > r.Bytes-f.Offset {
			return false
		}
		names[f.Name] = true
		end = f.Offset + f.Bytes()
	}
	return true
}

// ValidName reports whether a field or a record may have that name: text that is printed as it is, and needs no escapes in
// JSON.
func ValidName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= MaxName && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '"' || r == '\\' || r != ' ' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Z)
	})
}

// Difference describes the first difference of two types whose values are records, or arrays or lists of them; "" if they
// are other types, or differ elsewhere.
func Difference(found, want Type) string {
	if found.Kind != want.Kind || found.Record == nil || want.Record == nil {
		return ""
	}
	return found.Record.difference(want.Record, "")
}

// difference is Difference for records at that path, which ends with a dot.
func (r *Record) difference(want *Record, path string) string {
	for i, f := range r.Fields {
		if i >= len(want.Fields) {
			return fmt.Sprintf("field %q: found one more", path+f.Name)
		}
		if w := want.Fields[i]; f.Name != w.Name {
			switch {
			case !r.has(w.Name):
				return fmt.Sprintf("field %q: found none", path+w.Name)
			case !want.has(f.Name):
				return fmt.Sprintf("field %q: found one more", path+f.Name)
			}
			return fmt.Sprintf("field %q: found %q before it", path+w.Name, path+f.Name)
		} else if text := f.difference(w, path); text != "" {
			return text
		}
	}
	switch more := want.Fields[len(r.Fields):]; {
	case len(more) > 0:
		return fmt.Sprintf("field %q: found none", path+more[0].Name)
	case r.Bytes != want.Bytes && path != "":
		return fmt.Sprintf("field %q: found %d bytes, expected %d", strings.TrimSuffix(path, "."), r.Bytes, want.Bytes)
	case r.Bytes != want.Bytes:
		return fmt.Sprintf("found %d bytes, expected %d", r.Bytes, want.Bytes)
	}
	return ""
}

func (f Field) difference(want Field, path string) string {
	path += f.Name
	if !f.Type.Equal(want.Type) {
		if text := Difference(f.Type, want.Type); text != "" {
			return f.Type.Record.difference(want.Type.Record, path+".")
		}
		return fmt.Sprintf("field %q: found %s, expected %s", path, f.Type, want.Type)
	}
	if f.Offset != want.Offset {
		return fmt.Sprintf("field %q at offset %d: expected %d", path, f.Offset, want.Offset)
	}
	return ""
}

func (r *Record) has(name string) bool {
	return slices.ContainsFunc(r.Fields, func(f Field) bool { return f.Name == name })
}
