package shmpubsub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// Metadata says what a topic's values mean. It is written once, by the publisher, and costs nothing per value. It is no
// part of the type, and nothing checks values against it. docs/metadata.md has names of attributes that are common.
type Metadata struct {
	Unit        string `json:"unit,omitempty"` // "m/s"
	Description string `json:"description,omitempty"`
	// Attributes are JSON values. When they are read, numbers are float64.
	Attributes map[string]any `json:"attributes,omitempty"`
	// Fields is about the fields of a record, by their names.
	Fields map[string]Metadata `json:"fields,omitempty"`
}

// WithUnit says in what unit the topic's values are: "m/s", "rad", "°C".
func WithUnit(unit string) PublisherOption {
	return publisherOption(func(o *options) { o.meta.Unit = unit })
}

// WithDescription describes the topic in a sentence.
func WithDescription(text string) PublisherOption {
	return publisherOption(func(o *options) { o.meta.Description = text })
}

// WithAttributes says anything else about the topic, in values that JSON has: map[string]any{"frame_id": "base_link"}.
func WithAttributes(attributes map[string]any) PublisherOption {
	return publisherOption(func(o *options) { o.meta.Attributes = attributes })
}

// WithMetadataJSON gives the topic all of its metadata in JSON, such as another topic's [Info.MetadataJSON]. The options
// for its parts have no effect then.
func WithMetadataJSON(text string) PublisherOption {
	return publisherOption(func(o *options) { o.json = text })
}

// maxNesting is how deep objects and arrays may be nested in metadata.
const maxNesting = 32

// metadata returns the options' metadata in JSON; "" if there is none.
func (o options) metadata(topic string) (string, error) {
	text := o.json
	if text == "" {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if !utf8.ValidString(o.meta.Unit) || !utf8.ValidString(o.meta.Description) {
			return "", fmt.Errorf("%w: create %q: found a unit or description that is not UTF-8; expected UTF-8", ErrMetadata, topic)
		}
		if err := e.Encode(o.meta); err != nil {
			return "", fmt.Errorf("%w: create %q: found attributes that JSON cannot express: %w; expected text, numbers, bools, slices and maps of these",
				ErrMetadata, topic, err)
		}
		if text = string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))); text == "{}" {
			return "", nil
		}
	}
	if len(text) > segment.MaxMetadata {
		return text, nil // which segment.Create refuses
	}
	if _, err := decodeMetadata(text); err != nil {
		return "", fmt.Errorf("%w: create %q: %w", ErrMetadata, topic, err)
	}
	return text, nil
}

// parseMetadata returns what text says; nothing if it is not metadata.
func parseMetadata(text string) Metadata {
	if text == "" {
		return Metadata{}
	}
	m, err := decodeMetadata(text)
	if err != nil {
		return Metadata{}
	}
	return m
}

func decodeMetadata(text string) (Metadata, error) {
	if len(text) > segment.MaxMetadata {
		return Metadata{}, fmt.Errorf("found more than %d bytes; expected %d at most", segment.MaxMetadata, segment.MaxMetadata)
	}
	if !utf8.ValidString(text) {
		return Metadata{}, fmt.Errorf("found text that is not UTF-8; expected JSON")
	}
	if deepest := nesting(text); deepest > maxNesting {
		return Metadata{}, fmt.Errorf("found objects and arrays nested %d deep; expected %d at most", deepest, maxNesting)
	}
	var m *Metadata
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return Metadata{}, fmt.Errorf("found JSON that cannot be read: %w; expected an object with unit, description, attributes or fields", err)
	}
	if m == nil {
		return Metadata{}, fmt.Errorf("found null; expected an object with unit, description, attributes or fields")
	}
	return *m, nil
}

// nesting returns how deep the brackets of JSON are nested.
func nesting(text string) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// Metadata returns the metadata of the topic that s reads: empty if there is no topic, or if it has none.
func (s *reader) Metadata() Metadata {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.ready(clock.Now()) {
		return Metadata{}
	}
	return parseMetadata(s.present.view.Metadata())
}
