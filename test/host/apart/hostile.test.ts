// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the source of a plugin
/** A plugin that writes to the socket itself, past everything that is given to it: it is ended, and nothing of ours fills. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { backendSource, failure, NEVER, openSource } from "./border.ts";

setDefaultTimeout(30_000);

/** In the plugin: `raw` writes a frame of this JSON to the socket, however long that takes. */
const RAW = `
const { writeSync } = require("node:fs");
const frame = (json, data = Buffer.alloc(0)) => {
  const text = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(text.length, 0); head.writeUInt32BE(data.length, 4);
  return Buffer.concat([head, text, data]);
};
const raw = (bytes) => {
  for (let at = 0; at < bytes.length; ) {
    try { at += writeSync(3, bytes, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
  }
};`;

/** What the call fails with whose plugin does this. */
async function fateOf(doing: string): Promise<string> {
  using place = await openSource(
    RAW + backendSource(`size: async () => { ${doing}; await Bun.sleep(10_000); },`),
  );
  return (await failure(place.backend?.size(NEVER))).message;
}

const READS = 'raw(frame({ say: "call", id: 900000 + n, name: "stream.next", input: { stream: 1 } }))';

test.each([
  [
    "a call of a name that there is none for",
    'raw(frame({ say: "call", id: 1, name: "x" }))',
    /a name that has no handler/,
  ],
  [
    "a note of a name that there is none for",
    'raw(frame({ say: "note", name: "toString" }))',
    /a name that has no handler/,
  ],
  [
    "an answer that nobody waits for",
    'raw(frame({ say: "answer", id: 99999 }))',
    /an answer that nobody waits for/,
  ],
  [
    "calls without end, while it reads nothing",
    `for (let n = 0; n < 1e9; n += 1) ${READS}`,
    /more than 512 calls are under way/,
  ],
  [
    "calls by one number",
    `const n = 0; const one = frame({ say: "call", id: 1, name: "stream.next", input: { stream: 1 } }); raw(Buffer.concat(Array(100).fill(one)))`,
    /two calls by one number/,
  ],
  [
    "a list of more objects than anybody needs",
    'raw(frame(`{"say":"note","name":"log","value":[${"{},".repeat(5_000_000)}0]}`))',
    /more than 1000000 values at once/,
  ],
  [
    "values that are nested without end",
    'raw(frame(`{"say":"note","name":"log","value":${"[".repeat(7 << 20)}${"]".repeat(7 << 20)}}`))',
    /values deeper than 210/,
  ],
])("%s ends it", async (_, doing, said) => {
  expect(await fateOf(doing)).toMatch(said);
});
