/** Steps that run side by side, and those that run alone. */

/** Lets work run beside other work, or alone. */
export interface Beside {
  run<Result>(isAlone: boolean, work: () => Promise<Result>): Promise<Result>;
}

/** What is to run alone waits until all else is done, and what comes later waits for it. */
export function createBeside(): Beside {
  let last: Promise<unknown> = Promise.resolve();
  const running = new Set<Promise<unknown>>();
  const settled = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);
  return {
    async run(isAlone, work) {
      const before = last;
      const over = Promise.withResolvers<void>();
      if (isAlone) last = over.promise;
      await before;
      if (isAlone) await Promise.all([...running].map(settled));
      const own = work();
      running.add(own);
      try {
        return await own;
      } finally {
        running.delete(own);
        over.resolve();
      }
    },
  };
}
