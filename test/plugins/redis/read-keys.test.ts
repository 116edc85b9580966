/** Reading key by key, from a server that names keys twice and has large values: what only a look-alike shows at will. */
import { afterEach, expect, test } from "bun:test";
import type { Socket, TCPSocketListener } from "bun";
import type { LineRecords, Step } from "contextcore";
import { readKeys } from "../../../plugins/redis/read-keys.ts";

/** What `DUMP` gives of a small number; nobody looks at its checksum here. */
const dumpOf = (number: number): Buffer => Buffer.from([0, 0xc0, number, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8]);

interface Alike {
  /** The keys of each page of `SCAN`. */
  readonly pages: readonly (readonly string[])[];
  /** What each key takes in memory; absent: nobody may ask. */
  readonly bytes?: number;
}

let listener: TCPSocketListener<undefined> | undefined;
afterEach(() => listener?.stop(true));

/** How many values were asked for at once, at most. */
function serve({ pages, bytes }: Alike) {
  const asked = { most: 0 };
  const answer = ([command = "", first = "0"]: readonly string[]): string | Buffer => {
    if (command === "INFO") return bulk("# Keyspace\r\ndb0:keys=9,expires=0\r\n");
    if (command === "SCAN") {
      const page = Number(first);
      const next = page + 1 < pages.length ? `${page + 1}` : "0";
      const keys = pages[page] ?? [];
      return `*2\r\n${bulk(next)}*${keys.length}\r\n${keys.map(bulk).join("")}`;
    }
    if (command === "MEMORY") return bytes === undefined ? "-NOPERM no\r\n" : `:${bytes}\r\n`;
    if (command === "DUMP")
      return Buffer.concat([Buffer.from("$13\r\n"), dumpOf(first.length), Buffer.from("\r\n")]);
    return command === "PTTL" || command === "PEXPIRETIME" ? ":-1\r\n" : "+OK\r\n";
  };
  listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket: Socket<undefined>, data) {
        const commands = commandsIn(data.toString());
        asked.most = Math.max(asked.most, commands.filter(([name]) => name === "DUMP").length);
        for (const command of commands) socket.write(answer(command));
      },
    },
  });
  return { asked, server: { host: "127.0.0.1", port: listener.port } };
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** Of what arrived at once. */
function commandsIn(text: string): string[][] {
  const commands: string[][] = [];
  const lines = text.split("\r\n");
  for (let at = 0; lines[at]?.startsWith("*"); ) {
    const words = Number(lines[at]?.slice(1));
    commands.push(Array.from({ length: words }, (_, word) => lines[at + 2 + 2 * word] ?? ""));
    at += 1 + 2 * words;
  }
  return commands;
}

async function keysRead(server: Parameters<typeof readKeys>[0], stepBytes: number): Promise<string[]> {
  const { signal } = new AbortController();
  const steps: Step[] = await Array.fromAsync(
    readKeys(server, { range: { from: 0n, to: 1n }, stepBytes, signal }),
  );
  const records = steps.flatMap((step) => (step.records ?? []) as LineRecords[]);
  const lines = records.flatMap(({ text }) => String(text).trimEnd().split("\n"));
  expect(records.reduce((sum, { counts }) => sum + (counts.keys ?? 0), 0)).toBe(lines.length);
  return lines.map((line) => Buffer.from(JSON.parse(line).key, "base64").toString()).sort();
}

test("a key that is named on two pages is there once, and counted once", async () => {
  const { server } = serve({ pages: [["a", "bb", "a"], ["bb", "ccc"], [], ["a", "dddd"]], bytes: 100 });
  expect(await keysRead(server, 8 << 20)).toEqual(["a", "bb", "ccc", "dddd"]);
});

const MANY = Array.from({ length: 60 }, (_, at) => `key-${at}`);

test.each([
  ["large", 3 << 20, 2],
  ["larger than a step", 20 << 20, 1],
  ["small", 100, 60],
  ["not told", undefined, 60],
])("values that are %s are asked for as many at once as fit into a step", async (_, bytes, most) => {
  const { server, asked } = serve({ pages: [MANY], ...(bytes === undefined ? {} : { bytes }) });
  expect(await keysRead(server, 8 << 20)).toEqual([...MANY].sort());
  expect(asked.most).toBe(most);
});
