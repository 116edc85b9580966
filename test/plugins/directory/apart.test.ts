/** The directory as a store whose plugin runs in a process of its own. */
import { expect, test } from "bun:test";
import { checkedApart } from "../../support/apart.ts";
import { STORE_SERVER_RULES } from "../../support/conformance.ts";
import { temporaryDirectory } from "../../support/directory.ts";

test("it keeps every rule there, too", async () => {
  const { exitCode, verdicts } = await checkedApart("directory", [
    "--option",
    `path=${temporaryDirectory()}`,
  ]);
  expect(verdicts.failed).toBeUndefined();
  expect(verdicts.waived).toEqual(["store-lock", "store-lifecycle", ...STORE_SERVER_RULES]);
  expect(exitCode).toBe(0);
}, 180_000);
