/**
 * The plugin contract, version 1: what a backend or a sink tells contextcore, and what it is given.
 *
 * A plugin is a value. Capabilities are shown by presence: what is absent is not supported, and the core says so.
 * Plugins never print, never exit, never read the environment and never retry: they classify errors
 * ({@link PluginError}) and the engine decides.
 */

export type { Json, JsonObject } from "../units/json.ts";
export * from "./contract/backend.ts";
export * from "./contract/dashboards.ts";
export * from "./contract/export.ts";
export * from "./contract/http.ts";
export * from "./contract/plugin.ts";
export * from "./contract/restore.ts";
export * from "./contract/sink.ts";
export * from "./contract/values.ts";
