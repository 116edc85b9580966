/** `_folder.json`: a folder's exact title and uid, in the form that Grafana's Git Sync keeps beside dashboards. */
import * as v from "valibot";
import type { DashboardFolder } from "../contract/contract.ts";
import { given } from "../units/given.ts";

/** Its name, in the directory that is the folder. */
export const FOLDER_FILE = "_folder.json";

const folderSchema = v.object({
  kind: v.literal("Folder"),
  metadata: v.object({ name: v.pipe(v.string(), v.minLength(1)) }),
  spec: v.object({ title: v.pipe(v.string(), v.minLength(1)), description: v.exactOptional(v.string()) }),
});

/** Reads the JSON of a `_folder.json`. @throws RangeError saying what is missing */
export function parseFolderFile(value: unknown): Pick<DashboardFolder, "uid" | "title" | "description"> {
  const checked = v.safeParse(folderSchema, value);
  if (!checked.success) {
    const [issue] = checked.issues;
    const field = v.getDotPath(issue) ?? "it";
    const what = issue.received === "undefined" ? `it has no ${field}` : `${field}: ${issue.message}`;
    throw new RangeError(`not a folder: ${what}`);
  }
  const { metadata, spec } = checked.output;
  return { uid: metadata.name, ...spec };
}

/** The file's text; {@link parseFolderFile} reads it back. */
export function formatFolderFile({ uid, title, description }: DashboardFolder): string {
  const spec = { title, ...given({ description }) };
  const file = { apiVersion: "folder.grafana.app/v1", kind: "Folder", metadata: { name: uid }, spec };
  return `${JSON.stringify(file, null, 2)}\n`;
}
