/** Events of a stream, wherever its pieces end. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createEventReader, type ServerSentEvent } from "../../../src/activity/stream/events.ts";

function read(pieces: readonly Uint8Array[], most?: number): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const reader = createEventReader((event) => events.push(event), most);
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return events;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const STREAM =
  '\uFEFF: a comment\r\nevent: one\r\ndata: {"a":\r\ndata:"ü🚀"}\r\n\r\ndata\rid: 7\r\rretry: 5\n\nevent:two\ndata:  x \n\n\ndata: [DONE]';

const EVENTS = [
  { event: "one", data: '{"a":\n"ü🚀"}' },
  { event: "message", data: "" },
  { event: "two", data: " x " },
  { event: "message", data: "[DONE]" },
];

test("all line ends, comments, several lines of data, and an end without an empty line", () => {
  expect(read([bytes(STREAM)])).toEqual(EVENTS);
});

test("split at every byte", () => {
  const all = bytes(STREAM);
  for (let at = 0; at <= all.length; at += 1) expect(read([all.slice(0, at), all.slice(at)])).toEqual(EVENTS);
  expect(read(Array.from(all, (_, at) => all.slice(at, at + 1)))).toEqual(EVENTS);
});

test("however it is split", () => {
  const all = bytes(STREAM);
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), { maxLength: 12 }), (cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), all.length];
      expect(read(ends.slice(1).map((end, index) => all.slice(ends[index], end)))).toEqual(EVENTS);
    }),
  );
});

test("what is too long is passed over, and what comes after it is not", () => {
  const long = "x".repeat(60);
  const stream = `data: ${long}\n\ndata: a\n\ndata: ${"y".repeat(30)}\ndata: ${"z".repeat(30)}\n\ndata: b\n\n`;
  for (const size of [1, 7, 1000]) {
    const all = bytes(stream);
    const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
      all.slice(at * size, (at + 1) * size),
    );
    expect(read(pieces, 50).map(({ data }) => data)).toEqual(["a", "b"]);
  }
});

test("of what is too long its name is told, wherever it stands, and a long comment is none", () => {
  const long = "x".repeat(60);
  const stream = `event: one\ndata: ${long}\n\ndata: ${long}\nevent: two\n\n: ${long}\nevent: three\ndata: a\n\nevent: ${long}\ndata: b\n\n`;
  const all = bytes(stream);
  const [one, two, three, four] = [
    { event: "one", data: "" },
    { event: "two", data: "" },
    { event: "three", data: "a" },
    { event: "message", data: "b" },
  ];
  for (const size of [1, 7, 1000]) {
    const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
      all.slice(at * size, (at + 1) * size),
    );
    expect(read(pieces, 50)).toEqual([one, two, three, four] as ServerSentEvent[]);
  }
});

test("a line of many megabytes in small pieces is read in linear time", () => {
  const piece = bytes("x".repeat(1_000));
  const started = performance.now();
  expect(read([bytes("data: "), ...Array.from({ length: 8_000 }, () => piece)])[0]?.data.length).toBe(
    8_000_000,
  );
  expect(performance.now() - started).toBeLessThan(2_000);
});
