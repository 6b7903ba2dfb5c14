package segment

import (
	"strings"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/require"
)

func TestFileName_EncodesTopics(t *testing.T) {
	for topic, want := range map[string]string{
		"a":             "shm_pub_sub.a",
		"robot/lidar":   "shm_pub_sub.robot%2Flidar",
		"a/b":           "shm_pub_sub.a%2Fb",
		"a_b":           "shm_pub_sub.a_b",
		"a%2Fb":         "shm_pub_sub.a%252Fb",
		"AZaz09-._~":    "shm_pub_sub.AZaz09-._~",
		".":             "shm_pub_sub..",
		"..":            "shm_pub_sub...",
		"/":             "shm_pub_sub.%2F",
		" \n":           "shm_pub_sub.%20%0A",
		"ä":             "shm_pub_sub.%C3%A4",
		"shm_pub_sub.a": "shm_pub_sub.shm_pub_sub.a",
	} {
		file, err := FileName(topic)
		require.NoError(t, err, "%q", topic)
		require.Equal(t, want, file)
		back, ok := topicOf(file)
		require.True(t, ok, "%q", file)
		require.Equal(t, topic, back)
	}
}

func TestFileName_IsInjectiveOverEveryPairOfCharacters(t *testing.T) {
	seen := map[string]string{}
	check := func(topic string) {
		file, err := FileName(topic)
		other, taken := seen[file]
		back, ok := topicOf(file)
		if err != nil || taken || strings.Contains(file, "/") || !ok || back != topic {
			t.Fatalf("%q: file %q (%v), that of %q too; back: %q", topic, file, err, other, back)
		}
		seen[file] = topic
	}
	for a := rune(1); a < 256; a++ {
		check(string(a))
		for b := rune(1); b < 256; b++ {
			check(string([]rune{a, b}))
		}
	}
}

func TestFileName_RefusesBytesThatAreNoText(t *testing.T) {
	for _, topic := range []string{"\xff\xfe", "a\xe4", "\xed\xa0\x80", "\xc3"} {
		_, err := FileName(topic)
		require.ErrorIs(t, err, ErrName, "%q", topic)
	}
	_, ok := topicOf("shm_pub_sub.%E4")
	require.False(t, ok)
}

func TestFileName_HasAnInverseForAnyText(t *testing.T) {
	property := func(topic string) bool {
		file, err := FileName(topic)
		if err != nil {
			return topic == "" || strings.Contains(topic, "\x00") || len(topic) > MaxEncoded/3
		}
		back, ok := topicOf(file)
		return ok && back == topic
	}
	require.NoError(t, quick.Check(property, nil))
}

func TestFileName_RefusesWhatCannotBeAFile(t *testing.T) {
	for name, c := range map[string]struct{ topic, text string }{
		"empty":   {"", `topic name "": found an empty name; expected at least one character`},
		"NUL":     {"a\x00b", `topic name "a\x00b": found a NUL at byte 1; expected text without NUL`},
		"long":    {strings.Repeat("a", MaxEncoded+1), "found 244 bytes once percent-encoded; expected at most 243; use a shorter name"},
		"encoded": {strings.Repeat("/", MaxEncoded/3+1), "found 246 bytes once percent-encoded"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := FileName(c.topic)
			require.ErrorIs(t, err, ErrName)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestFileName_TakesTheLongestNamesThatFit(t *testing.T) {
	for _, topic := range []string{strings.Repeat("a", MaxEncoded), strings.Repeat("/", MaxEncoded/3)} {
		file, err := FileName(topic)
		require.NoError(t, err)
		require.LessOrEqual(t, len(file), nameMax)
		o := create(t, specOf(domain(t), topic))
		require.NoError(t, o.Close())
	}
}

func TestTopicOf_RefusesFilesThatFileNameDoesNotMake(t *testing.T) {
	for _, file := range []string{
		"", "a", "shm_pub_sub", "shm_pub_sub.", "shm_pub_sub#draft", "Shm_pub_sub.a",
		"shm_pub_sub.%", "shm_pub_sub.%2", "shm_pub_sub.%zz", "shm_pub_sub.%2f", "shm_pub_sub.%61",
		"shm_pub_sub.%00", "shm_pub_sub.a b", "shm_pub_sub." + strings.Repeat("a", MaxEncoded+1),
	} {
		_, ok := topicOf(file)
		require.False(t, ok, "%q", file)
	}
}
