import { expect, test } from "bun:test";
import { PassThrough } from "node:stream";
import type { Progress } from "../../src/tasks/task/progress.ts";
import { createProgress } from "../../src/terminal/progress.ts";
import { openTerminal, type Streams } from "../../src/terminal/terminal.ts";

/** A terminal of streams, and what stderr was given. */
function fakeTerminal({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  const stream = () => Object.assign(new PassThrough(), { isTTY, columns });
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  let written = "";
  streams.stderr.on("data", (piece) => {
    written += piece;
  });
  // The three members that the terminal reads are there; the rest of a real stream is not needed.
  const terminal = openTerminal(streams as unknown as Streams, { TERM: "xterm" });
  return { terminal, written: () => written, stdout: streams.stdout };
}

const at = (more: Partial<Progress>): Progress => ({
  name: "loki",
  done: 0.5,
  bytes: 1_500_000,
  counts: { entries: 10_000, streams: 3 },
  state: "running",
  retries: 0,
  ...more,
});

test("without a terminal: a plain line now and then, and one at the end", () => {
  const { terminal, written } = fakeTerminal({ isTTY: false });
  let now = 0;
  const board = createProgress(terminal, { names: ["loki"], now: () => now });
  for (now = 0; now <= 20_000; now += 1_000) board.update(at({ done: 0.25 + now / 40_000 }));
  board.update(at({ state: "done", done: 1 }));
  board.stop();
  expect(written()).toBe(
    [
      "loki: 50%, 10,000 entries, 1.5 MB, 1,000/s, 10s left",
      "loki: 75%, 10,000 entries, 1.5 MB, 500/s, 7s left",
      "loki: done, 10,000 entries, 1.5 MB, 21s",
      "",
    ].join("\n"),
  );
});

test("what else is to be said stands behind the amounts, with and without a terminal", () => {
  const remark = "already there 9,000";
  const plain = fakeTerminal({ isTTY: false });
  const ended = createProgress(plain.terminal, { names: ["loki"], now: () => 0 });
  ended.update(at({ state: "done", done: 1, remark }));
  expect(plain.written()).toBe("loki: done, 10,000 entries, 1.5 MB, already there 9,000, 0.0s\n");
  const live = fakeTerminal({ isTTY: true, columns: 200 });
  const board = createProgress(live.terminal, { names: ["loki"], now: () => 0 });
  board.update(at({ remark }));
  board.stop();
  expect(render(live.written()).join("\n")).toMatch(/10,000 entries, 1\.5 MB +already there 9,000$/);
});

test("on a terminal: a line for each, redrawn in place, with what, how much, how fast, how long still", async () => {
  const { terminal, written } = fakeTerminal({ isTTY: true, columns: 200 });
  let now = 0;
  const board = createProgress(terminal, { names: ["tempo", "loki"], now: () => now });
  now = 10_000;
  board.update(at({ retries: 2 }));
  while (!written().includes("50%")) await Bun.sleep(5);
  terminal.note("a message");
  board.update(at({ state: "failed" }));
  board.stop();
  const screen = render(written());
  expect(screen).toEqual([
    "a message",
    "tempo      ▕                    ▏    0%  0 B",
    "loki       ▕██████████          ▏  failed  10,000 entries, 1.5 MB          10s",
  ]);
  expect(Bun.stripANSI(written())).toContain(
    "50%  10,000 entries, 1.5 MB          1,000/s, 10s left  2 retries",
  );
});

test("how long still is counted down, and not told where it is not known", () => {
  const { terminal, written } = fakeTerminal({ isTTY: false });
  let now = 0;
  const board = createProgress(terminal, { names: ["tempo"], now: () => now });
  const step = (ms: number, more: Partial<Progress>) => {
    now = ms;
    board.update(at({ name: "tempo", counts: {}, ...more }));
  };
  step(10_000, { bytes: 0, done: 0.5 });
  step(19_000, { done: 0.51 });
  step(20_000, { done: 0.51 });
  step(30_000, { done: 0.51 });
  expect(written().trimEnd().split("\n")).toEqual([
    "tempo: 50%, 0 B",
    "tempo: 51%, 1.5 MB, 17s left",
    "tempo: 51%, 1.5 MB",
  ]);
});

test("a line that stands still says so, and since when", async () => {
  const { terminal, written } = fakeTerminal({ isTTY: true, columns: 120 });
  let now = 0;
  const board = createProgress(terminal, { names: ["tempo"], now: () => now });
  now = 1_000;
  board.update(at({ name: "tempo" }));
  now = 24_000;
  while (!written().includes("nothing new for 23s")) await Bun.sleep(5);
  board.stop();
});

test("what can only be read later is waited for, and the line says how long", async () => {
  const live = fakeTerminal({ isTTY: true, columns: 120 });
  const board = createProgress(live.terminal, { names: ["loki"], now: () => 1_000 });
  board.update({ ...at({ name: "loki" }), goesOnInMs: 4_200 });
  while (!live.written().includes("the rest can be read in 4s")) await Bun.sleep(5);
  board.stop();
  const plain = fakeTerminal({ isTTY: false });
  let now = 0;
  const lines = createProgress(plain.terminal, { names: ["loki"], now: () => now });
  now = 10_000;
  lines.update({ ...at({ name: "loki" }), goesOnInMs: 4_200 });
  expect(plain.written()).toEndWith("10s left, the rest can be read in 4s\n");
});

test.each([120, 80, 60, 40])("with %d columns no number is cut: what does not fit is left out", (columns) => {
  const { terminal, written } = fakeTerminal({ isTTY: true, columns });
  let now = 0;
  const board = createProgress(terminal, { names: ["loki", "tempo"], now: () => now });
  now = 10_000;
  board.update(at({ counts: { entries: 1_234_567 }, retries: 2 }));
  board.update(at({ name: "tempo", counts: { spansInRange: 19_732, spans: 19_732 } }));
  board.stop();
  const [loki = "", tempo = ""] = Bun.stripANSI(written()).trimEnd().split("\n");
  expect(Math.max(Bun.stringWidth(loki), Bun.stringWidth(tempo))).toBeLessThan(columns);
  const shown =
    columns === 40
      ? ["50%  1.5 MB", "50%  1.5 MB"]
      : ["50%  1,234,567 entries, 1.5 MB", "50%  19,732 spans, 1.5 MB"];
  expect([loki, tempo]).toEqual(shown.map((text) => expect.stringContaining(` ${text}`)));
  expect(loki.includes("10s left  2 retries")).toBe(columns >= 80);
});

test("what an interruption ends was stopped, and what had ended before had not", () => {
  const interruption = new AbortController();
  for (const isTTY of [false, true]) {
    const { terminal, written } = fakeTerminal({ isTTY, columns: 200 });
    const names = ["tempo", "loki", "mimir", "grafana"];
    const signal = isTTY ? interruption.signal : AbortSignal.abort();
    const board = createProgress(terminal, { names, now: () => 0, signal });
    if (!isTTY) {
      board.update(at({ state: "failed" }));
      expect(written()).toBe("loki: stopped, 10,000 entries, 1.5 MB, 0.0s\n");
      board.stop();
      continue;
    }
    board.update(at({ name: "tempo", state: "failed" }));
    board.update(at({ name: "mimir", state: "done", done: 1 }));
    interruption.abort();
    board.update(at({ name: "loki", state: "failed" }));
    // A work whose steps were all given up has none left: that is no success.
    board.update(at({ name: "grafana", state: "done", done: 1 }));
    board.stop();
    const states = render(written()).map((line) => /^(\w+) .*▏ +(\w+%?)/.exec(line)?.slice(1));
    expect(states).toEqual([
      ["tempo", "failed"],
      ["loki", "stopped"],
      ["mimir", "100%"],
      ["grafana", "stopped"],
    ]);
  }
});

test("a line never wraps: it would not be erased", async () => {
  const { terminal, written } = fakeTerminal({ isTTY: true, columns: 30 });
  const board = createProgress(terminal, { names: ["loki"] });
  while (written() === "") await Bun.sleep(5);
  terminal.pin([]);
  const lines = Bun.stripANSI(written()).split("\n");
  expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThan(30);
  board.stop();
});

/** What a terminal shows after these bytes: lines, cursor up, and erase below are all that is used. */
function render(bytes: string): string[] {
  const screen: string[] = [];
  let row = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes are what is looked for
  for (const part of bytes.split(/(\n|\r\u001b\[\d+A\u001b\[J)/)) {
    const up = /\[(\d+)A/.exec(part)?.[1];
    if (up !== undefined) {
      row -= Number(up);
      screen.length = row;
    } else if (part === "\n") row += 1;
    else if (part !== "") screen[row] = Bun.stripANSI(part).trimEnd();
  }
  return screen;
}
