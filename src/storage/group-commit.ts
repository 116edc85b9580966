/** Commits in groups: one wait for the disk serves everything that came meanwhile. */

/** What is to be committed, and when. */
interface GroupCommitOptions<Item> {
  /** Makes these durable, in the order in which they came. */
  readonly commit: (items: readonly Item[]) => Promise<void>;
  /** The most time, ms, and the most data, bytes, that one group holds back. Default: it is committed only by `flush`. */
  readonly groupMs?: number;
  readonly groupBytes?: number;
  /** Called when a group cannot be committed, perhaps more than once. */
  readonly onFailure?: (error: Error) => void;
}

/** One commit at a time. After one that failed nothing is committed any more. */
interface GroupCommit<Item> {
  /** Adds an item to the group that waits. Resolves when there is room for more. */
  add(item: Item, bytes: number): Promise<void>;
  /** Commits what is waiting. @throws what the commit throws, or an earlier one */
  flush(): Promise<void>;
  /** Resolves when no commit goes on any more; what was not flushed is dropped. */
  close(): Promise<void>;
}

/** Starts with an empty group. */
export function groupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { commit, groupMs, groupBytes = Number.POSITIVE_INFINITY, onFailure = () => {} } = options;
  let items: Item[] = [];
  let bytes = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tail: Promise<void> = Promise.resolve();

  /** The group is taken when its turn comes, so it holds what came while it waited. */
  const commitWaiting = async (): Promise<void> => {
    const ready = items;
    items = [];
    bytes = 0;
    if (ready.length > 0) await commit(ready);
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (items.length === 0) return tail;
    tail = tail.then(commitWaiting);
    tail.catch(onFailure);
    return tail;
  };
  return {
    async add(item, more) {
      items.push(item);
      bytes += more;
      if (groupMs !== undefined) timer ??= setTimeout(() => void flush().catch(() => {}), groupMs);
      if (bytes < groupBytes) return;
      const earlier = tail;
      void flush().catch(() => {});
      await earlier;
    },
    flush,
    async close() {
      clearTimeout(timer);
      await tail.catch(() => {});
    },
  };
}
