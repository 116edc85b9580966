import { expect, test } from "bun:test";
import { PluginError } from "../../src/contract/errors.ts";
import { withoutIdentifier } from "../../src/contract/without-identifier.ts";

const thrown = (id: string, error: unknown): Promise<unknown> =>
  withoutIdentifier(id, () => Promise.reject(error)).then(
    () => undefined,
    (one: unknown) => one,
  );

test("what a server repeats of an identifier stands in no error, however it is spelled, and the rest of it stays", async () => {
  const message = 'no user a"b & a%22b or a\\"b';
  const options = { hint: 'Ask without a"b.', status: 429, retryAfterMs: 5, cause: new Error('a"b') };
  const error = await thrown('a"b', new PluginError("temporary", message, options));
  expect(error).toBeInstanceOf(PluginError);
  expect(error).toMatchObject({
    ...{ kind: "temporary", message: "no user {id} & {id} or {id}", hint: "Ask without {id}." },
    ...{ status: 429, retryAfterMs: 5, cause: undefined },
  });
});

test("an error that does not repeat it is the same one, and so is what no plugin classified", async () => {
  const classified = new PluginError("invalid", "no such place");
  const other = new TypeError("x");
  expect(await thrown("someone", classified)).toBe(classified);
  expect(await thrown("someone", other)).toBe(other);
});

test("what the work gives is given", async () => {
  expect(await withoutIdentifier("someone", async () => 7)).toBe(7);
});
