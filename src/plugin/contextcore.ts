/**
 * The public entry: what `import … from "contextcore"` gives, to the plugins in this repository and to everybody else's.
 * @module contextcore
 */
export * as v from "valibot";
export { formatBytes, parseBytes } from "../units/bytes.ts";
export { formatDuration, parseDuration } from "../units/duration.ts";
export { parseExact } from "../units/exact-json.ts";
export type { Json, JsonObject } from "../units/json.ts";
export {
  fromMs,
  fromRfc3339,
  halves,
  NS_PER_MS,
  NS_PER_SECOND,
  type Range,
  span,
  toMs,
  toRfc3339,
  windows,
  windowsOrSpans,
} from "../units/range.ts";
export { sleep } from "../units/sleep.ts";
export * from "./contract/backend.ts";
export * from "./contract/dashboards.ts";
export * from "./contract/export.ts";
export * from "./contract/http.ts";
export * from "./contract/plugin.ts";
export * from "./contract/restore.ts";
export * from "./contract/sink.ts";
export * from "./contract/values.ts";
export { directorySize } from "./directory-size.ts";
export * from "./errors.ts";
export { safeFileName } from "./file-name.ts";
export { GrowingBuffer } from "./growing-buffer.ts";
export * from "./lab.ts";
export * as option from "./options.ts";
export { ProtobufReader } from "./protobuf-reader.ts";
export { ProtobufWriter } from "./protobuf-writer.ts";
export { type TreeNode, treePaths } from "./tree-paths.ts";
export { parseYaml, toYaml } from "./yaml.ts";
