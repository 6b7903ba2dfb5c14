// Prints every message of MCAP files as a JSON line, read by @mcap/core and decoded from the
// definitions in the file alone: node read.mjs indexed|stream FILE...
//
// Numbers are printed as the bits of a double, 64-bit integers as decimal text, and numeric arrays
// by their class, length and SHA-256, so that no bit gets lost in the printing.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { loadDecompressHandlers } from "@mcap/support";
import rosmsg from "@foxglove/rosmsg";
import serialization from "@foxglove/rosmsg2-serialization";

function printed(value) {
  switch (typeof value) {
    case "bigint":
      return { int: value.toString() };
    case "number": {
      const bits = new DataView(new ArrayBuffer(8));
      bits.setFloat64(0, value);
      return { bits: bits.getBigUint64(0).toString(16).padStart(16, "0") };
    }
    case "object":
      if (value === null) return null;
      if (ArrayBuffer.isView(value)) {
        const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        return { array: value.constructor.name, length: value.length, sha256 };
      }
      if (Array.isArray(value)) return value.map(printed);
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, printed(each)]));
    default:
      return value;
  }
}

class Decoders {
  #known = new Map();

  decode(channel, schema, data) {
    let decoder = this.#known.get(channel.id);
    if (decoder === undefined) {
      decoder = this.#make(channel, schema);
      this.#known.set(channel.id, decoder);
    }
    return decoder(data);
  }

  #make(channel, schema) {
    const text = new TextDecoder();
    if (channel.messageEncoding === "json") return (data) => JSON.parse(text.decode(data));
    if (channel.messageEncoding !== "cdr" || schema?.encoding !== "ros2msg") {
      throw new Error(`found ${channel.messageEncoding} and ${schema?.encoding}`);
    }
    const definitions = rosmsg.parse(text.decode(schema.data), { ros2: true });
    const reader = new serialization.MessageReader(definitions);
    return (data) => reader.readMessage(data);
  }
}

function print(file, channel, schema, message, decoders) {
  const line = {
    file,
    topic: channel.topic,
    channel: channel.id,
    schema: schema?.name ?? null,
    sequence: message.sequence,
    log_time: message.logTime.toString(),
    publish_time: message.publishTime.toString(),
    value: printed(decoders.decode(channel, schema, message.data)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function byIndex(file, handle, decompressHandlers) {
  const size = (await handle.stat()).size;
  const readable = {
    size: async () => BigInt(size),
    read: async (offset, length) => {
      const buffer = new Uint8Array(Number(length));
      await handle.read(buffer, 0, buffer.length, Number(offset));
      return buffer;
    },
  };
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
  const decoders = new Decoders();
  for await (const message of reader.readMessages()) {
    const channel = reader.channelsById.get(message.channelId);
    print(file, channel, reader.schemasById.get(channel.schemaId), message, decoders);
  }
}

// Of a file without an index: its recorder was killed.
async function inOrder(file, handle, decompressHandlers) {
  const reader = new McapStreamReader({ decompressHandlers });
  const [channels, schemas, decoders] = [new Map(), new Map(), new Decoders()];
  for await (const block of handle.createReadStream({ autoClose: false })) {
    reader.append(block);
    for (let record; (record = reader.nextRecord()); ) {
      if (record.type === "Schema") schemas.set(record.id, record);
      if (record.type === "Channel") channels.set(record.id, record);
      if (record.type === "Message") {
        const channel = channels.get(record.channelId);
        print(file, channel, schemas.get(channel.schemaId), record, decoders);
      }
    }
  }
}

const [way, ...files] = process.argv.slice(2);
const handlers = await loadDecompressHandlers();
for (const file of files) {
  const handle = await open(file);
  await (way === "indexed" ? byIndex : inOrder)(file, handle, handlers);
  await handle.close();
}
