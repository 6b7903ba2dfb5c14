package segment

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var fileNames = regexp.MustCompile(`^shm_pub_sub\.([A-Za-z0-9._~-]|%[0-9A-F]{2})+$`)

var reserved = regexp.MustCompile(`(?s)[^A-Za-z0-9._~-]`)

// FuzzFileName takes two topics: different ones never share a file, and each comes back from its own.
// Both are also taken for files' names.
func FuzzFileName(f *testing.F) {
	for _, s := range [][2]string{
		{"a/b", "a_b"},
		{"a", "a%61"},
		{"%2F", "/"},
		{"%2f", "%2F"},
		{"", "\x00"},
		{"ä", "\xc3"},
		{"shm_pub_sub.%41", "A"},
		{"shm_pub_sub.", "shm_pub_sub.%"},
		{"shm_pub_sub.%2", "shm_pub_sub.%2f"},
		{"shm_pub_sub.%00", "shm_pub_sub#A"},
		{strings.Repeat("a", MaxEncoded), strings.Repeat("a", MaxEncoded+1)},
		{strings.Repeat("/", MaxEncoded/3), strings.Repeat("/", MaxEncoded/3+1)},
		{Prefix + strings.Repeat("a", MaxEncoded), Prefix + strings.Repeat("a", MaxEncoded+1)},
		{"..", "."},
		{"\x01", "\n"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		fileA, errA := FileName(a)
		fileB, errB := FileName(b)
		if errA == nil && errB == nil && (fileA == fileB) != (a == b) {
			t.Fatalf("%q and %q have the files %q and %q", a, b, fileA, fileB)
		}
		checkFileName(t, a, fileA, errA)
		checkFileName(t, b, fileB, errB)
		for _, file := range []string{a, b} {
			if topic, ok := topicOf(file); ok {
				if back, err := FileName(topic); err != nil || back != file {
					t.Fatalf("%q is taken for topic %q, whose file is %q (%v)", file, topic, back, err)
				}
			}
		}
	})
}

func checkFileName(t *testing.T, topic, file string, err error) {
	if usable := topic != "" && utf8.ValidString(topic) && !strings.Contains(topic, "\x00") && encodedLen(topic) <= 255-len("shm_pub_sub."); usable != (err == nil) {
		t.Fatalf("%q: %v", topic, err)
	}
	if err != nil {
		return
	}
	if back, ok := topicOf(file); !ok || back != topic {
		t.Fatalf("%q became %q and came back as %q, %v", topic, file, back, ok)
	}
	if !fileNames.MatchString(file) || len(file) > 255 {
		t.Fatalf("%q has the file name %q", topic, file)
	}
	// A draft's name is as long, and is no topic's.
	if draft := successorOf("/dir/" + file); len(draft) != len("/dir/"+file) || fileNames.MatchString(draft[5:]) {
		t.Fatalf("%q has the successor %q", file, draft)
	}
}

// encodedLen is how long a topic is in its file's name: one byte, or three for what must be encoded.
func encodedLen(topic string) int {
	plain := len(reserved.ReplaceAllString(topic, ""))
	return plain + 3*(len(topic)-plain)
}
