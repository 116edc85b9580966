import { expect, test } from "bun:test";
import { askedOnce, singleFlight } from "../../src/contract/contextcore.ts";

const { signal } = new AbortController();

/** A question that is answered when the test says so, and how often it was asked. */
function question() {
  const asked: PromiseWithResolvers<string>[] = [];
  return {
    asked,
    ask: () => {
      const answer = Promise.withResolvers<string>();
      asked.push(answer);
      return answer.promise;
    },
  };
}

test("callers who ask while a question is being answered share the answer, and later ones ask again", async () => {
  const { asked, ask } = question();
  const shared = singleFlight(ask);
  const both = Promise.all([shared(signal), shared(signal)]);
  expect(asked.length).toBe(1);
  asked[0]?.resolve("a");
  expect(await both).toEqual(["a", "a"]);
  const later = shared(signal);
  expect(asked.length).toBe(2);
  asked[1]?.resolve("b");
  expect(await later).toBe("b");
});

test("a caller whose predecessor failed asks for itself", async () => {
  const { asked, ask } = question();
  const shared = singleFlight(ask);
  const first = shared(signal);
  const second = shared(signal);
  asked[0]?.reject(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  asked[1]?.resolve("a");
  expect(await second).toBe("a");
});

test("a caller that has given up meanwhile does not ask", async () => {
  const { asked, ask } = question();
  const shared = singleFlight(ask);
  const first = shared(signal);
  const gone = new AbortController();
  const second = shared(gone.signal);
  const both = Promise.allSettled([first, second]);
  gone.abort(new Error("given up"));
  asked[0]?.reject(new Error("gone"));
  expect(await both).toMatchObject([
    { status: "rejected", reason: new Error("gone") },
    { status: "rejected", reason: new Error("given up") },
  ]);
  expect(asked.length).toBe(1);
});

test("a question asked once keeps its answer, but no failure", async () => {
  const { asked, ask } = question();
  const once = askedOnce(ask);
  const failed = once(signal);
  asked[0]?.reject(new Error("gone"));
  await expect(failed).rejects.toThrow("gone");
  const answered = Promise.all([once(signal), once(signal)]);
  asked[1]?.resolve("a");
  expect(await answered).toEqual(["a", "a"]);
  expect(await once(signal)).toBe("a");
  expect(asked.length).toBe(2);
});
