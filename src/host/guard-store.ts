/** Guards every hook of a store. */
import type { Store, StoreLifecycle } from "../contract/contract.ts";
import { given } from "../units/given.ts";
import { type GuardOptions, hooks, requireFunctions } from "./guard-hooks.ts";
import { callHook } from "./hook.ts";
import { callStream, callWithBytes } from "./stream-hook.ts";

/** The same store, guarded: see {@link callHook} for what a hook can then throw. */
export function guardStore(plugin: string, store: Store, options: GuardOptions): Store {
  const { hook } = hooks(plugin, options);
  requireStore(plugin, store);
  const { retainUntil, lifecycle } = store;
  return {
    list: (prefix, signal) =>
      callStream(hook("store.list", "lookMs"), signal, (own) => store.list(prefix, own)),
    stat: (name, signal) => callHook(hook("store.stat", "lookMs"), signal, (own) => store.stat(name, own)),
    read: (name, range, signal) =>
      callStream(hook("store.read", "lookMs"), signal, (own) => store.read(name, range, own)),
    write: (object, signal) =>
      callWithBytes(hook("store.write", "workMs"), signal, object.bytes, (bytes, own) =>
        store.write({ ...object, bytes }, own),
      ),
    remove: (name, signal) =>
      callHook(hook("store.remove", "workMs"), signal, (own) => store.remove(name, own)),
    ...(retainUntil === undefined
      ? {}
      : {
          retainUntil: (name, until, signal) =>
            callHook(hook("store.retainUntil", "lookMs"), signal, (own) =>
              retainUntil.call(store, name, until, own),
            ),
        }),
    ...given({ lifecycle: lifecycle && guardLifecycle(plugin, lifecycle, options) }),
  };
}

function guardLifecycle(plugin: string, lifecycle: StoreLifecycle, options: GuardOptions): StoreLifecycle {
  const { hook } = hooks(plugin, options);
  return {
    read: (signal) => callHook(hook("lifecycle.read", "lookMs"), signal, (own) => lifecycle.read(own)),
    write: (rules, signal) =>
      callHook(hook("lifecycle.write", "lookMs"), signal, (own) => lifecycle.write(rules, own)),
  };
}

/** @throws HookDefect when a required part of the store is missing */
export function requireStore(plugin: string, store: object): void {
  const lifecycle: unknown = Reflect.get(store, "lifecycle");
  requireFunctions(plugin, "store", store, ["list", "stat", "read", "write", "remove"]);
  if (lifecycle !== undefined) requireFunctions(plugin, "store.lifecycle", lifecycle, ["read", "write"]);
}
