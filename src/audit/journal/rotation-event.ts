/** The event for a closed file. It has the SHA-256 of the file as it then is, because some bits of zstd data have no meaning. */
import * as v from "valibot";
import type { AuditEvent, NewEvent } from "../format/event.ts";

/** The operation of these events. */
export const ROTATION = "trail_rotation";

const RotatedFiles = v.array(v.object({ file: v.string(), sha256: v.string(), bytes: v.number() }));

/** A compressed file: its name, the SHA-256 of its bytes (hex), and how many there are. */
type RotatedFile = v.InferOutput<typeof RotatedFiles>[number];

/** @param closed the name of the file that was closed @param files those that were compressed with it */
export const rotationEvent = (closed: string, files: readonly RotatedFile[]): NewEvent => ({
  operation: ROTATION,
  outcome: "success",
  details: { closed, files },
});

/** The closed files that an event names; none if it is of another operation. */
export function rotatedFiles({
  operation,
  details,
}: Pick<AuditEvent, "operation" | "details">): readonly RotatedFile[] {
  const read = v.safeParse(RotatedFiles, details.files);
  return operation === ROTATION && read.success ? read.output : [];
}
