/** Compares objects of a snapshot with what this Grafana holds in their place. */
import {
  isOfThisCall,
  messageOf,
  type ObjectComparison,
  PluginError,
  type RestoreLine,
  whatDiffers,
} from "contextcore";
import { type Fields, objectIn } from "./json.ts";
import type { ObjectKind, Place } from "./kind.ts";
import { kindOf } from "./kinds/index.ts";
import { HIDDEN } from "./put.ts";
import { isHidden, type Server } from "./server.ts";

/** One comparison for each object, in order; `undefined` for lines, and for files that Grafana has no place for. */
export async function compareObjects(
  server: Server,
  objects: readonly RestoreLine[],
): Promise<readonly (ObjectComparison | undefined)[]> {
  const places = new Map<ObjectKind, Place>();
  const compared: (ObjectComparison | undefined)[] = [];
  for (const { file, line } of objects) {
    const kind = kindOf(file);
    if (kind === undefined || "file" in kind || !file.endsWith(".json")) compared.push(undefined);
    else {
      const place = places.get(kind) ?? kind.place(server);
      places.set(kind, place);
      compared.push(await compareOne(kind, place, { file, line }));
    }
  }
  return compared;
}

async function compareOne(
  kind: ObjectKind,
  place: Place,
  { file, line }: RestoreLine,
): Promise<ObjectComparison> {
  let name = file;
  try {
    const saved = objectIn(file, line);
    name = nameOf(kind, saved);
    return { name, ...stateOf(kind, saved, await place(saved)) };
  } catch (error) {
    if (isHidden(error)) return { name, state: "unknown", what: HIDDEN };
    if (error instanceof PluginError && error.status === 404) return { name, state: "missing" };
    if (!isOfThisCall(error)) throw error;
    return { name, state: "unknown", what: messageOf(error) };
  }
}

function stateOf(kind: ObjectKind, saved: Fields, held: Fields | undefined): Omit<ObjectComparison, "name"> {
  if (held === undefined) return { state: "missing" };
  const what = whatDiffers(kind.plain(saved), kind.plain(held));
  if (what === undefined) return { state: "equal" };
  const lacking = kind.lacking?.(saved, held);
  return lacking === undefined ? { state: "differs", what } : { state: "missing", what: lacking };
}

/** What people call an object: `dashboard Tasks (tasks-overview)`. */
export function nameOf({ singular, describe }: Pick<ObjectKind, "singular" | "describe">, object: Fields) {
  const { titles, uids, called } = describe(object);
  const [title = ""] = titles;
  const uid = uids.find((one) => called.includes(one)) ?? "";
  return [singular, title, uid === "" || uid === title ? "" : `(${uid})`]
    .filter((one) => one !== "")
    .join(" ");
}
