/**
 * The plugin contract, version 1: what a backend, a sink or a store tells contextcore, and what it is given.
 *
 * A plugin is a value. Its capabilities are the members it has: an absent member is not supported, and the core says so.
 * Plugins never print, exit, read the environment or retry: they classify errors ({@link PluginError}), and the engine decides.
 */

export type { Json, JsonObject } from "../units/json.ts";
export * from "./backend.ts";
export * from "./dashboards.ts";
export * from "./diagnostic.ts";
export * from "./erasure.ts";
export * from "./expiry.ts";
export * from "./export.ts";
export * from "./http.ts";
export * from "./plugin.ts";
export * from "./restore.ts";
export * from "./sink.ts";
export * from "./store.ts";
export * from "./stored.ts";
export * from "./values.ts";
