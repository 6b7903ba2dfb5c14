package main

import (
	"encoding/binary"
	"fmt"
)

// image is a sensor_msgs/Image; of its pixels, the number of bytes and their SHA-256.
type image struct {
	StampNs  int64  `json:"stamp_ns"`
	FrameID  string `json:"frame_id"`
	Height   uint32 `json:"height"`
	Width    uint32 `json:"width"`
	Encoding string `json:"encoding"`
	Big      bool   `json:"is_bigendian"`
	Step     uint32 `json:"step"`
	Length   int    `json:"length"`
	SHA256   string `json:"sha256"`
}

// cdr reads little-endian XCDR1, in which numbers are aligned to their size.
type cdr struct {
	data  []byte // without the header of four bytes
	place int
	err   error
}

func (c *cdr) take(n int) []byte {
	if c.err == nil && (n < 0 || n > len(c.data)-c.place) {
		c.err = fmt.Errorf("found %d bytes; expected %d more at byte %d", len(c.data), n, c.place)
	}
	if c.err != nil {
		return nil
	}
	c.place += n
	return c.data[c.place-n : c.place]
}

func (c *cdr) uint32() uint32 {
	c.take(-c.place & 3)
	if data := c.take(4); data != nil {
		return binary.LittleEndian.Uint32(data)
	}
	return 0
}

func (c *cdr) text() string {
	data := c.take(int(c.uint32()))
	if len(data) == 0 || data[len(data)-1] != 0 {
		c.take(-1)
		return ""
	}
	return string(data[:len(data)-1])
}

func decodeImage(message []byte) (*image, error) {
	if len(message) < 4 || string(message[:4]) != "\x00\x01\x00\x00" {
		return nil, fmt.Errorf("found the header %x; expected 00010000", message[:min(4, len(message))])
	}
	c := &cdr{data: message[4:]}
	var found image
	found.StampNs = int64(int32(c.uint32())) * 1e9
	found.StampNs += int64(c.uint32())
	found.FrameID = c.text()
	found.Height = c.uint32()
	found.Width = c.uint32()
	found.Encoding = c.text()
	if data := c.take(1); data != nil {
		found.Big = data[0] != 0
	}
	found.Step = c.uint32()
	pixels := c.take(int(c.uint32()))
	if c.err == nil && c.place != len(c.data) {
		c.err = fmt.Errorf("found %d bytes; expected %d", len(c.data), c.place)
	}
	found.Length, found.SHA256 = len(pixels), digest(pixels)
	return &found, c.err
}
