import type { DeleteRequest } from "./deletes.ts";
import type { Rules } from "./rules.ts";
import { createStore, type Store } from "./store.ts";

/** What one tenant has. */
export interface Tenant {
  readonly name: string;
  readonly store: Store;
  readonly rules: Rules;
  readonly deletes: DeleteRequest[];
  /** Does it now, or once `delay` ns have passed: freshly written data may stay invisible for a while. */
  later(work: () => void, delay: bigint): void;
  /** Does it when the ingesters are flushed. */
  onFlush(work: () => void): void;
  flush(): void;
}

export function createTenants(now: () => bigint): (name: string) => Tenant {
  const tenants = new Map<string, Tenant & { settle: () => void }>();
  return (name) => {
    const tenant = tenants.get(name) ?? createTenant(name, now);
    tenants.set(name, tenant);
    tenant.settle();
    return tenant;
  };
}

function createTenant(name: string, now: () => bigint): Tenant & { settle: () => void } {
  let waiting: { at: bigint; work: () => void }[] = [];
  let unflushed: (() => void)[] = [];
  return {
    name,
    store: createStore(),
    rules: new Map(),
    deletes: [],
    later(work, delay) {
      if (delay === 0n) work();
      else waiting.push({ at: now() + delay, work });
    },
    onFlush: (work) => void unflushed.push(work),
    flush() {
      const due = unflushed;
      unflushed = [];
      for (const work of due) work();
    },
    settle() {
      const due = waiting.filter(({ at }) => at <= now());
      if (due.length === 0) return;
      waiting = waiting.filter(({ at }) => at > now());
      for (const { work } of due) work();
    },
  };
}
