// The program go prints every message of a recording as a JSON line, read by the Go library:
//
//	go run . indexed|stream FILE
//
// indexed reads by the index in the order of log times, stream one record after the other, with the
// checksum of each chunk.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/foxglove/mcap/go/mcap"
)

type line struct {
	Topic       string `json:"topic"`
	Schema      string `json:"schema"`
	Encoding    string `json:"encoding"`
	Sequence    uint32 `json:"sequence"`
	LogTime     uint64 `json:"log_time"`
	PublishTime uint64 `json:"publish_time"`
	Length      int    `json:"length"`
	SHA256      string `json:"sha256"`
	Image       *image `json:"image,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: go run . indexed|stream FILE")
	}
	way, name := arguments[0], arguments[1]
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(os.Stdout)
	switch way {
	case "indexed":
		err = indexed(file, json.NewEncoder(out))
	case "stream":
		err = stream(file, json.NewEncoder(out))
	default:
		err = fmt.Errorf("found %q; expected indexed or stream", way)
	}
	return errors.Join(err, out.Flush())
}

func indexed(file *os.File, out *json.Encoder) error {
	reader, err := mcap.NewReader(file)
	if err != nil {
		return err
	}
	defer reader.Close()
	info, err := reader.Info()
	if err != nil {
		return err
	}
	if !info.CanReadMessagesUsingIndex() {
		return errors.New("found no index; expected one")
	}
	if err := checkSummary(file, info); err != nil {
		return err
	}
	messages, err := reader.Messages(mcap.UsingIndex(true), mcap.InOrder(mcap.LogTimeOrder))
	if err != nil {
		return err
	}
	count := uint64(0)
	for {
		schema, channel, message, err := messages.NextInto(nil)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		count++
		if err := show(out, schema, channel, message); err != nil {
			return err
		}
	}
	if count != info.Statistics.MessageCount {
		return fmt.Errorf("found %d messages; expected %d", count, info.Statistics.MessageCount)
	}
	return nil
}

// checkSummary checks the summary's checksum, which the library only reads: that of all from its
// start to the footer's own checksum, at 12 bytes from the end.
func checkSummary(file *os.File, info *mcap.Info) error {
	about, err := file.Stat()
	if err != nil {
		return err
	}
	start, end := int64(info.Footer.SummaryStart), about.Size()-12
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(file, start, end-start)); err != nil {
		return err
	}
	if sum.Sum32() != info.Footer.SummaryCRC {
		return fmt.Errorf("found the summary's checksum %x; expected %x", info.Footer.SummaryCRC, sum.Sum32())
	}
	return nil
}

func stream(file *os.File, out *json.Encoder) error {
	lexer, err := mcap.NewLexer(file, &mcap.LexerOptions{ValidateChunkCRCs: true})
	if err != nil {
		return err
	}
	defer lexer.Close()
	schemas := map[uint16]*mcap.Schema{0: nil}
	channels := map[uint16]*mcap.Channel{}
	for {
		token, record, err := lexer.Next(nil)
		if errors.Is(err, io.EOF) { // of a file without a footer: its recorder was killed
			return nil
		}
		if err != nil {
			return err
		}
		switch token {
		case mcap.TokenSchema:
			schema, err := mcap.ParseSchema(record)
			if err != nil {
				return err
			}
			schema.Data = bytes.Clone(schema.Data)
			schemas[schema.ID] = schema
		case mcap.TokenChannel:
			channel, err := mcap.ParseChannel(record)
			if err != nil {
				return err
			}
			channels[channel.ID] = channel
		case mcap.TokenMessage:
			message, err := mcap.ParseMessage(record)
			if err != nil {
				return err
			}
			channel, ok := channels[message.ChannelID]
			if !ok {
				return fmt.Errorf("found a message of channel %d; expected the channel before it", message.ChannelID)
			}
			if err := show(out, schemas[channel.SchemaID], channel, message); err != nil {
				return err
			}
		}
	}
}

func show(out *json.Encoder, schema *mcap.Schema, channel *mcap.Channel, message *mcap.Message) error {
	if schema == nil {
		return fmt.Errorf("found no schema of %q; expected one", channel.Topic)
	}
	found := line{
		Topic:       channel.Topic,
		Schema:      schema.Name,
		Encoding:    channel.MessageEncoding + " " + schema.Encoding,
		Sequence:    message.Sequence,
		LogTime:     message.LogTime,
		PublishTime: message.PublishTime,
		Length:      len(message.Data),
		SHA256:      digest(message.Data),
	}
	if schema.Name == "sensor_msgs/msg/Image" {
		image, err := decodeImage(message.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", channel.Topic, err)
		}
		found.Image = image
	}
	return out.Encode(found)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
