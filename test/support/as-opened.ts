/** A backend that a test opened by itself, with what the host adds to every one: what is the core's to say of an instance. */
import type { Backend, Plugin } from "../../src/contract/contract.ts";
import { asConfigured } from "../../src/host/as-configured.ts";

/** @param given as they would stand in the configuration */
export const asOpened = (
  backend: Backend,
  plugin: Pick<Plugin, "importance" | "dataFiles">,
  given: Readonly<Record<string, unknown>> = {},
): Backend => asConfigured(backend, { core: given, said: new Set(Object.keys(given)), plugin });
