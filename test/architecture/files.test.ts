/** Rules that each file keeps for itself. */
import { expect, test } from "bun:test";
import { sourcesUnder } from "./imports.ts";

/** Who ends a process, called or only taken hold of, and which one. */
const ENDS: Readonly<Record<string, string>> = {
  "src/main.ts": "this one, with the command's exit code",
  "src/drill/scratch.ts": "a scratch server that a drill which is gone has left behind",
  "src/host/apart/child.ts": "the process of a plugin that it started",
  "src/host/apart/inside/process.ts": "itself, the process of a plugin, when nobody asks it any more",
  "src/programs/run-command.ts": "the configured command that it started",
  "src/service/running/recover.ts": "the process of a task, whose service is gone and which does not end",
  "src/units/process-mark.ts": "none: signal 0 only asks whether it is there",
};

test("only main.ts exits, and of the others only those with a reason end a process", async () => {
  const files = [...(await sourcesUnder("src", "plugins"))];
  const ending = files.filter(([, source]) => /\bprocess\.(exit|kill|abort|reallyExit)\b/.test(source));
  expect(ending.map(([file]) => file).sort()).toEqual(Object.keys(ENDS).sort());
});

test("only terminal/ prints", async () => {
  const wrong: string[] = [];
  for (const [file, source] of await sourcesUnder("src", "plugins")) {
    if (/console\.(log|info|error|warn)\(/.test(source) && !file.startsWith("src/terminal/"))
      wrong.push(`${file} prints`);
  }
  expect(wrong).toEqual([]);
});

test("only one place prints JSON", async () => {
  const printing = [...(await sourcesUnder("src/commands", "src/dispatch"))]
    .filter(([, source]) => /\b(print|tell)\(\s*JSON\.stringify\(/.test(source))
    .map(([file]) => file);
  expect(printing).toEqual(["src/commands/print-result.ts"]);
});

test("files stay small enough to be read at once", async () => {
  const all = await sourcesUnder("src", "plugins", "web", "test", "scripts", "examples");
  const lengths = [...all].map(([file, source]) => ({
    file,
    lines: source.split("\n").length,
  }));
  expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
});

test("a time limit is made in one place", async () => {
  const racing = [...(await sourcesUnder("src", "plugins"))]
    .filter(([, source]) => /\bPromise\.race\b|\bAbortSignal\.timeout\b/.test(source))
    .map(([file]) => file);
  expect(racing).toEqual(["src/units/time-limit.ts"]);
});
