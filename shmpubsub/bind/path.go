package bind

// A path is bytes, and gopy passes nothing but UTF-8. So paths, and errors' texts because of the paths in
// them, pass between Python and Go with each byte as the character of its number: as Latin-1.

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
