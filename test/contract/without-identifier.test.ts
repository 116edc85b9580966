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
    ...{ status: 429, retryAfterMs: 5 },
  });
  expect(error).not.toHaveProperty("cause");
});

test("nor as it stands in a regular expression, in a string or in an address", async () => {
  const message = String.raw`in \"ada@x\\.de 1\", /ada@x\.de 1/ and ?q=ada%40x%5C.de+1&r=ada%40x.de%201`;
  const error = await thrown("ada@x.de 1", new PluginError("invalid", message));
  expect(String(error)).toContain(String.raw`in \"{id}\", /{id}/ and ?q={id}&r={id}`);
});

test("an identifier without a character blots nothing out", async () => {
  const error = new PluginError("invalid", "no such place");
  expect(await thrown("", error)).toBe(error);
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
