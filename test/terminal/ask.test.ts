/** Questions that are left: by a key, or with the terminal that they are put in, which leaves no process behind. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { atTheMenu, eventsOf, isDestroyed, startStacks } from "../commands/destroyable.ts";
import { KEY, openSession, type Session } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { stack } = await startStacks();

const PATIENCE_MS = 5_000;

/** The exit code after the terminal was closed; a process that does not end is killed. */
async function closed(session: Session): Promise<number | "runs on"> {
  session.close();
  const code = await Promise.race([session.exited, Bun.sleep(PATIENCE_MS).then(() => "runs on" as const)]);
  if (code === "runs on") session.kill("SIGKILL");
  return code;
}

test.each(["", "2", "3"])(
  "destroy in a terminal that is closed, behind the keys %p: ends, destroys nothing, and is recorded",
  async (keys) => {
    const cwd = stack();
    const session = await atTheMenu(cwd);
    session.type(keys);
    if (keys !== "") await session.waitFor("Type the stack's name (shop)");
    expect(await closed(session)).toBe(130);
    expect(isDestroyed(cwd)).toBe(false);
    expect((await eventsOf(cwd)).map(({ outcome }: { outcome: string }) => outcome)).toEqual(["cancelled"]);
  },
);

test("a yes-or-no question in a terminal that is closed: ends", async () => {
  const session = openSession(["dashboards", "delete", "con-dash"], { cwd: stack() });
  await session.waitFor("Delete them?");
  expect(await closed(session)).toBe(130);
});

test.each([
  ["Escape", KEY.escape],
  ["Ctrl-C", KEY.interrupt],
])("a yes-or-no question that %s leaves is shown as cancelled, not as answered", async (_name, key) => {
  const session = openSession(["dashboards", "delete", "con-dash"], { cwd: stack() });
  await session.waitFor("Delete them?");
  await session.waitFor("No");
  const before = session.text().length;
  session.type(key);
  expect(await session.exited).toBe(130);
  const left = session.text().slice(before);
  expect(left).toContain("cancelled");
  expect(left).not.toContain("Yes");
});
