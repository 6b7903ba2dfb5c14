package bind

// A path is bytes, and gopy passes only UTF-8. So paths, and error texts because of the paths in them, pass between
// Python and Go as Latin-1: each byte as the character of that number.

// fromLatin1 returns the bytes that text stands for.
func fromLatin1(text string) string {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		b = append(b, byte(r))
	}
	return string(b)
}

// latin1 returns the text that stands for bytes.
func latin1(bytes string) string {
	r := make([]rune, len(bytes))
	for i := range len(bytes) {
		r[i] = rune(bytes[i])
	}
	return string(r)
}
