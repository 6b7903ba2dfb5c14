package segment

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Prefix begins the file name of every topic; what follows is the topic, percent-encoded.
const Prefix = "shm_pub_sub."

const nameMax = 255 // NAME_MAX of every Linux file system

// MaxEncoded is the longest encoded topic, in bytes.
const MaxEncoded = nameMax - len(Prefix)

// FileName returns the name of topic's file. It is injective: two topics never share a file.
func FileName(topic string) (string, error) {
	if topic == "" {
		return "", &NameError{Topic: topic, Reason: "found an empty name; expected at least one character"}
	}
	if i := strings.IndexByte(topic, 0); i >= 0 {
		return "", &NameError{Topic: topic, Reason: fmt.Sprintf("found a NUL at byte %d; expected text without NUL", i)}
	}
	if !utf8.ValidString(topic) { // Python could neither show nor open it
		return "", &NameError{Topic: topic, Reason: "found bytes that are not UTF-8; expected text"}
	}
	var b strings.Builder
	b.WriteString(Prefix)
	for i := range len(topic) {
		if c := topic[i]; unreserved(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if n := b.Len() - len(Prefix); n > MaxEncoded {
		return "", &NameError{Topic: topic, Reason: fmt.Sprintf(
			"found %d bytes once percent-encoded; expected at most %d; use a shorter name (each byte outside A-Z a-z 0-9 - . _ ~ takes three)", n, MaxEncoded)}
	}
	return b.String(), nil
}

// topicOf is the inverse of FileName. It reports false for a file that FileName does not make.
func topicOf(file string) (string, bool) {
	encoded, ok := strings.CutPrefix(file, Prefix)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(encoded); i++ {
		c := encoded[i]
		if c == '%' {
			if i+2 >= len(encoded) {
				return "", false
			}
			hi, lo := unhex(encoded[i+1]), unhex(encoded[i+2])
			if hi < 0 || lo < 0 {
				return "", false
			}
			c = byte(hi<<4 | lo)
			i += 2
		}
		b.WriteByte(c)
	}
	topic := b.String()
	if again, err := FileName(topic); err != nil || again != file {
		return "", false
	}
	return topic, true
}

// unreserved reports whether c stands for itself (RFC 3986, 2.3).
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

func unhex(c byte) int { return strings.IndexByte("0123456789ABCDEF", c) }
