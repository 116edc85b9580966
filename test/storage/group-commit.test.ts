/** What comes while a commit goes on is committed by the next one, together. */
import { expect, test } from "bun:test";
import { groupCommit } from "../../src/storage/group-commit.ts";

/** A group whose commits are ended by hand. */
function byHand(options: { readonly groupBytes?: number; readonly groupMs?: number } = {}) {
  const commits: { readonly items: readonly string[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const failures: Error[] = [];
  const commit = (items: readonly string[]): Promise<void> => {
    const end = Promise.withResolvers<void>();
    commits.push({ items, end });
    return end.promise;
  };
  return {
    ...groupCommit({ ...options, commit, onFailure: (error) => failures.push(error) }),
    commits,
    failures,
  };
}

test("items that came meanwhile are committed together, in their order, and each resolves with its commit", async () => {
  const group = byHand();
  const done: string[] = [];
  const keep = async (item: string): Promise<void> => {
    await group.add(item, 0);
    await group.flush();
    done.push(item);
  };
  const all = [keep("a"), Bun.sleep(0).then(() => Promise.all([keep("b"), keep("c")]))];
  await Bun.sleep(1);
  expect(group.commits.map(({ items }) => items)).toEqual([["a"]]);
  group.commits[0]?.end.resolve();
  await Bun.sleep(1);
  expect({ done, items: group.commits[1]?.items }).toEqual({ done: ["a"], items: ["b", "c"] });
  group.commits[1]?.end.resolve();
  await Promise.all(all);
  expect(done).toEqual(["a", "b", "c"]);
});

test("after a commit that failed nothing is committed any more, and everybody hears of it", async () => {
  const group = byHand();
  await group.add("a", 0);
  const first = group.flush();
  await Bun.sleep(0);
  group.commits[0]?.end.reject(new Error("the disk is full"));
  await expect(first).rejects.toThrow("the disk is full");
  await group.add("b", 0);
  await expect(group.flush()).rejects.toThrow("the disk is full");
  expect(group.commits).toHaveLength(1);
  expect(group.failures.length).toBeGreaterThan(0);
  await group.close();
});

test("a full group is committed by itself, and who adds more waits for the commit before", async () => {
  const group = byHand({ groupBytes: 10, groupMs: 60_000 });
  await group.add("a", 10);
  await Bun.sleep(0);
  expect(group.commits).toHaveLength(1);
  let isAdded = false;
  const second = group.add("b", 10).then(() => {
    isAdded = true;
  });
  await Bun.sleep(1);
  expect(isAdded).toBe(false);
  group.commits[0]?.end.resolve();
  await second;
  expect(group.commits.map(({ items }) => items)).toEqual([["a"], ["b"]]);
  group.commits[1]?.end.resolve();
  await group.close();
});
