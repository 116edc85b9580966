/** Where an identifier stands in texts that are no data: the index and the manifest of a snapshot, the trail. */
import { trailFiles } from "../../audit/journal/segments.ts";
import { INDEX_LINE_BYTES_MAX, MANIFEST_BYTES_MAX } from "../../snapshot/format/limits.ts";
import { fileLines } from "../../snapshot/format/lines.ts";
import { INDEX_FILE } from "../../snapshot/read/index-lines.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Matcher } from "./matcher.ts";
import type { Needle } from "./needle.ts";

/** Finds the identifier in a text that is no record. */
interface Seeker extends Pick<Matcher, "isIn"> {
  readonly needle: Needle;
}

/** How many lines of a snapshot's index, and of its manifest, hold it. @throws SnapshotError; what reading them throws */
export async function mentionsIn(files: Storage, seeker: Seeker): Promise<number> {
  let lines = 0;
  for await (const { bytes } of fileLines(files, INDEX_FILE, INDEX_LINE_BYTES_MAX))
    if (isInLine(bytes, seeker)) lines += 1;
  for (const line of seeker.needle.linesIn(await files.read(MANIFEST_FILE, MANIFEST_BYTES_MAX)))
    if (isInLine(line, seeker)) lines += 1;
  return lines;
}

const isInLine = (bytes: Uint8Array, { needle, isIn }: Seeker): boolean =>
  needle.isIn(bytes) && isIn(Buffer.from(bytes).toString());

/** Gives each event of the trail that holds it in clear. @returns how many they are @throws TrailError when it cannot be read */
export function eventsWith(
  trailFile: string,
  seeker: Seeker,
  onEvent: (text: string) => void = () => {},
): number {
  let events = 0;
  for (const { lines } of trailFiles(trailFile))
    for (const { text } of lines) {
      if (!isInLine(Buffer.from(text), seeker)) continue;
      events += 1;
      onEvent(text);
    }
  return events;
}
