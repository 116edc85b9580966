import * as v from "valibot";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { SnapshotError } from "../format/errors.ts";
import { parentSchema } from "../format/manifest.ts";
import { rangeSchema, timeSchema } from "../format/range-text.ts";
import { openDirectory } from "./disk.ts";
import type { InstanceFolder } from "./placement.ts";

const requestSchema = v.object({
  format: v.literal(1),
  tool: v.string(),
  created: timeSchema,
  host: v.string(),
  user: v.string(),
  resumed: v.pipe(v.number(), v.integer(), v.minValue(0)),
  compression: v.exactOptional(v.literal("zstd")),
  fileBytesMax: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  plugins: v.array(
    v.object({
      name: v.string(),
      plugin: v.exactOptional(v.string()),
      folder: v.exactOptional(v.string()),
      url: v.exactOptional(v.string()),
      tenant: v.exactOptional(v.string()),
      match: v.exactOptional(v.string()),
      parent: v.exactOptional(v.nullable(parentSchema)),
      range: rangeSchema,
    }),
  ),
  failures: v.array(v.object({ name: v.string(), reason: v.string() })),
});

/** `request.json` of an unfinished snapshot: the request, so that a resumed export repeats it. */
export type SnapshotRequest = v.InferOutput<typeof requestSchema>;

/** Where the request of an unfinished snapshot is kept. */
export const REQUEST_FILE = "request.json";
const BYTES_MAX = 16 << 20;

/** The instances of an export that have a folder of their own, by name. */
export const foldersOf = ({ plugins }: SnapshotRequest): ReadonlyMap<string, InstanceFolder> =>
  new Map(
    plugins.flatMap(({ name, plugin = name, folder }) =>
      folder === undefined ? [] : [[name, { plugin, folder }] as const],
    ),
  );

/** A request that was stored. @throws ValiError when it is none */
export const parseRequest = (value: unknown): SnapshotRequest => v.parse(requestSchema, value);

/** Writes it durably. @throws SnapshotError */
export async function writeRequest(directory: string, request: SnapshotRequest): Promise<void> {
  await openDirectory(directory).write(REQUEST_FILE, `${JSON.stringify(request, null, 2)}\n`);
}

/** @throws SnapshotError when the directory is not an unfinished snapshot. */
export async function readRequest(directory: string): Promise<SnapshotRequest> {
  try {
    const text = Buffer.from(await openDirectory(directory).read(REQUEST_FILE, BYTES_MAX)).toString();
    return parseRequest(JSON.parse(text));
  } catch (cause) {
    const what =
      cause instanceof UnsafeFileError ? cause.message : `${REQUEST_FILE} is missing or unreadable`;
    throw new SnapshotError(`${directory} cannot be resumed: ${what}`, {
      cause,
      hint: "Name the .partial directory that the interrupted export left, or start a new export.",
    });
  }
}
