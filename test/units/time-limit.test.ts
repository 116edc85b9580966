import { expect, test } from "bun:test";
import { startDeadline, withTimeLimit } from "../../src/units/time-limit.ts";

const never = (): Promise<never> => new Promise(() => {});

test("what takes too long is left behind, whether or not it heeds its signal, and the time is named", async () => {
  let given: AbortSignal | undefined;
  const work = (signal: AbortSignal): Promise<never> => {
    given = signal;
    return never();
  };
  const failure = await withTimeLimit(work, undefined, { limitMs: 20 }).catch((error) => error);
  expect(failure.message).toBe("no answer within 0.02 s");
  expect(given?.aborted).toBe(true);
});

test("the caller's reason is thrown when it came first, and its own error when none did", async () => {
  const caller = new AbortController();
  const limited = withTimeLimit(never, caller.signal, { limitMs: 60_000 });
  caller.abort(new Error("stop"));
  await expect(limited).rejects.toThrow("stop");
  await expect(withTimeLimit(never, caller.signal, { limitMs: 60_000 })).rejects.toThrow("stop");
  const failing = () => Promise.reject(new Error("mine"));
  await expect(withTimeLimit(failing, undefined, { limitMs: 60_000 })).rejects.toThrow("mine");
});

test("without an end the caller alone ends it", async () => {
  const caller = new AbortController();
  const limited = withTimeLimit(never, caller.signal, { limitMs: Number.POSITIVE_INFINITY });
  expect(await withTimeLimit(() => limited, undefined, { limitMs: 20 }).catch(({ message }) => message)).toBe(
    "no answer within 0.02 s",
  );
  caller.abort(new Error("stop"));
  await expect(limited).rejects.toThrow("stop");
});

test("a deadline that begins anew is not over, and one that has ended never is", async () => {
  const [renewed, ended] = [startDeadline({ limitMs: 60 }), startDeadline({ limitMs: 10 })];
  ended.end();
  for (let time = 0; time < 5; time += 1) {
    await withTimeLimit(never, undefined, { limitMs: 30 }).catch(() => {});
    renewed.restart();
  }
  expect([renewed.signal.aborted, ended.signal.aborted]).toEqual([false, false]);
  await new Promise((resolve) => renewed.signal.addEventListener("abort", resolve));
});
