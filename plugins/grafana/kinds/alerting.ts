/** Grafana's alerting: what its kinds share, and the two whose objects are identified only by name. */
import { openObject, v } from "contextcore";
import { asText, without } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { putBack, putMissing, type Write } from "../put.ts";
import { described } from "../references.ts";
import { read, type Server } from "../server.ts";

/** Where alerting is read and written. */
export const PROVISIONING = "/api/v1/provisioning";

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

const rowSchema = openObject({ uid: v.optional(v.string(), ""), name: v.string() });

/** The server's objects of a list that is keyed by name. */
export const readNamed = (server: Server, list: string) =>
  read(server, v.array(rowSchema), { path: `${PROVISIONING}/${list}` });

const namedSchema = openObject({ name: v.string(), provenance: v.optional(v.string()) });

interface Named extends Pick<ObjectKind, "name" | "plural"> {
  /** What its list is called in the API, in a snapshot and in counts. */
  readonly list: string;
  /** The call that creates the object of this name. */
  write(name: string): Pick<Write, "method" | "path">;
}

const named = ({ name, plural, list, write }: Named): ObjectKind => ({
  name,
  plural,
  unit: list,
  folder: `alerting/${list}`,
  needs: [],

  async list(server) {
    const rows = await read(server, v.array(namedSchema), { path: `${PROVISIONING}/${list}` });
    // Their version is a hash made by the server.
    return {
      items: rows.map((row) => ({
        uid: nameHash(row.name),
        title: row.name,
        object: without(row, "version"),
      })),
    };
  },

  describe: (object) => described(object, [asText(object.name)]),

  put: putBack(namedSchema, (restoring, object) =>
    putMissing(restoring, {
      isThere: async () => (await readNamed(restoring, list)).some((one) => one.name === object.name),
      owner: ownerOf(object.provenance),
      request: () => ({
        ...write(object.name),
        json: without(object, "provenance"),
        headers: headersFor(object.provenance),
      }),
    }),
  ),
});

export const templates = named({
  name: "template",
  plural: "message templates",
  list: "templates",
  write: (name) => ({ method: "PUT", path: `${PROVISIONING}/templates/${encodeURIComponent(name)}` }),
});

export const muteTimings = named({
  name: "mute-timing",
  plural: "mute timings",
  list: "mute-timings",
  write: () => ({ method: "POST", path: `${PROVISIONING}/mute-timings` }),
});
