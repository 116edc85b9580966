/** The bucket as a store whose plugin runs in a process of its own: its calls are made outside of it. */
import { expect, test } from "bun:test";
import { checkedApart } from "../../support/apart.ts";
import { serve } from "./support.ts";

test("it keeps every rule there, too", async () => {
  const { url, lab } = serve();
  const options = ["bucket=shop", "prefix=apart", "accessKeyId=access", "secretAccessKey=s3cret"];
  const { exitCode, verdicts } = await checkedApart("s3", [
    "--url",
    url,
    ...options.flatMap((option) => ["--option", option]),
  ]);
  expect(verdicts.failed).toBeUndefined();
  expect(verdicts.waived).toEqual(["store-lock"]);
  expect([exitCode, lab.objects.size]).toEqual([0, 0]);
}, 300_000);
