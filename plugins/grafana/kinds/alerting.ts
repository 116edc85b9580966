/** Grafana's alerting: what its kinds share, and the two whose objects are identified only by name. */
import { type Cursor, openObject, v } from "contextcore";
import { namesIn, namesInPolicies, PROVISIONING, problemsOfNames, splitNames } from "../by-name.ts";
import { asText, type Fields, filledIn, without } from "../json.ts";
import type { ObjectKind, Place } from "../kind.ts";
import { putBack, putInPlace, type Write } from "../put.ts";
import { described } from "../references.ts";
import { readIfThere, readRows, type Server } from "../server.ts";

/** An object made by a person stays editable; one made through the API (by Terraform, say) stays locked for people. */
export const headersFor = (provenance: string | undefined): Record<string, string> =>
  provenance === "api" ? {} : { "X-Disable-Provenance": "true" };

/** Owned by files beside the server, which would create it again from them. */
export const ownerOf = (provenance: string | undefined): string | undefined =>
  provenance === undefined || provenance === "" || provenance === "api"
    ? undefined
    : `provisioning from a ${provenance}`;

/** A uid for an object without one that is unique by these words. Safe in a path after `safeFileName`. */
export const nameHash = (name: string): string =>
  new Bun.CryptoHasher("sha256").update(name).digest("hex").slice(0, 8);

/** Finds objects in a list of the API, which is read once. */
export function placeInList<Row extends Fields>(
  readAll: () => Promise<readonly Row[]>,
  isInPlace: (row: Row, saved: Fields) => boolean,
): Place {
  let all: Promise<readonly Row[]> | undefined;
  return async (saved) => {
    all ??= readAll();
    return (await all).find((row) => isInPlace(row, saved));
  };
}

/** The part of an object that is compared: without its provenance, which a restore may change, and without empty members. */
export const plainAlerting = (object: Fields): Fields =>
  filledIn(without(object, "uid", "provenance", "version"));

const namedSchema = openObject({ name: v.string(), provenance: v.optional(v.string()) });

interface Named extends Pick<ObjectKind, "name" | "plural" | "singular"> {
  /** What its list is called in the API, in a snapshot and in counts. */
  readonly list: string;
  /** The call that creates the object of this name, and the one that replaces it. */
  create(name: string): Pick<Write, "method" | "path">;
  replace(name: string): Pick<Write, "method" | "path">;
  /** The names that the notification policies refer to. */
  namesElsewhere(server: Server): Promise<readonly string[]>;
}

const readNamed = (server: Server, list: string) =>
  readRows(server, namedSchema, { path: `${PROVISIONING}/${list}` });

async function rowsOf(server: Server, list: string, cursor: Cursor) {
  const rows: v.InferOutput<typeof namedSchema>[] = [];
  for (const name of namesIn(cursor)) {
    const path = `${PROVISIONING}/${list}/${encodeURIComponent(name)}`;
    const row = await readIfThere(server, namedSchema, { path });
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

const named = ({ name, plural, singular, list, create, replace, namesElsewhere }: Named): ObjectKind => ({
  name,
  plural,
  singular,
  unit: list,
  folder: `alerting/${list}`,
  needs: [],

  async list(server, cursor) {
    const rows =
      cursor.names === undefined ? await readNamed(server, list) : await rowsOf(server, list, cursor);
    // Their version is a hash made by the server.
    return {
      problems: problemsOfNames(cursor, plural),
      items: rows.map((row) => ({
        uid: nameHash(row.name),
        title: row.name,
        object: without(row, "version"),
      })),
    };
  },

  split: (server, cursor) => splitNames(cursor, { singular, names: () => namesElsewhere(server) }),

  describe: (object) => described(object, [asText(object.name)]),

  place: placeNamed(list),
  plain: plainAlerting,

  put: putBack(namedSchema, (restoring, object) => {
    const json = without(object, "provenance");
    const headers = headersFor(object.provenance);
    return putInPlace(restoring, { place: placeNamed(list), plain: plainAlerting }, object, {
      owner: ownerOf(object.provenance),
      create: () => ({ ...create(object.name), json, headers }),
      replace: () => [{ ...replace(object.name), json, headers }],
    });
  }),
});

const isNamedAlike = (row: Fields, saved: Fields): boolean => row.name === saved.name;
const placeNamed = (list: string) => (server: Server) =>
  placeInList(() => readNamed(server, list), isNamedAlike);

const atName =
  (list: string) =>
  (name: string): Pick<Write, "method" | "path"> => ({
    method: "PUT",
    path: `${PROVISIONING}/${list}/${encodeURIComponent(name)}`,
  });

/** The templates of notifications. Their name is all that identifies them. */
export const templates = named({
  name: "template",
  plural: "message templates",
  singular: "message template",
  list: "templates",
  create: atName("templates"),
  replace: atName("templates"),
  namesElsewhere: async () => [],
});

/** When notifications are muted. Their name is all that identifies them. */
export const muteTimings = named({
  name: "mute-timing",
  plural: "mute timings",
  singular: "mute timing",
  list: "mute-timings",
  create: () => ({ method: "POST", path: `${PROVISIONING}/mute-timings` }),
  replace: atName("mute-timings"),
  namesElsewhere: (server) => namesInPolicies(server, "mute_time_intervals", "active_time_intervals"),
});
