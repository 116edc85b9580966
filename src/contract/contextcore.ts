/**
 * The public entry point: what `import … from "contextcore"` gives to built-in and third-party plugins alike.
 * @module contextcore
 */
export * as v from "valibot";
export { formatBytes, parseBytes } from "../units/bytes.ts";
export { formatDuration, parseDuration } from "../units/duration.ts";
export { parseExact } from "../units/exact-json.ts";
export { given } from "../units/given.ts";
export type { Json, JsonObject } from "../units/json.ts";
export { isLitter } from "../units/litter.ts";
export { messageOf } from "../units/message-of.ts";
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
export {
  type Instead,
  type RefusalOptions,
  type SystemRefusal,
  systemCode,
  systemRefusal,
} from "../units/system-refusal.ts";
export { objectOf, openObject } from "./any-names.ts";
export * from "./backend.ts";
export { decodeCursor, encodeCursor, nanoseconds } from "./cursors.ts";
export * from "./dashboards.ts";
export * from "./diagnostic.ts";
export { directorySize } from "./directory-size.ts";
export * from "./erasure.ts";
export * from "./errors.ts";
export * from "./expiry.ts";
export * from "./export.ts";
export { safeFileName } from "./file-name.ts";
export { GrowingBuffer } from "./growing-buffer.ts";
export { holdsWord } from "./holds-word.ts";
export * from "./http.ts";
export * from "./lab.ts";
export { isObjectName, requireObjectName } from "./object-name.ts";
export * as option from "./options.ts";
export * from "./plugin.ts";
export { ProtobufReader } from "./protobuf-reader.ts";
export { ProtobufWriter } from "./protobuf-writer.ts";
export { type Replacing, replaceFile } from "./replace-file.ts";
export * from "./restore.ts";
export * from "./server-settings.ts";
export { checkShape, parseShape } from "./shape.ts";
export { type Ask, askedOnce, singleFlight } from "./single-flight.ts";
export * from "./sink.ts";
export * from "./store.ts";
export * from "./stored.ts";
export { syncDirectory } from "./sync-directory.ts";
export { type TreeNode, treePaths } from "./tree-paths.ts";
export * from "./values.ts";
export { whatDiffers } from "./what-differs.ts";
export { withoutIdentifier } from "./without-identifier.ts";
export { parseYaml, toYaml } from "./yaml.ts";
