/** The shapes under `/apis`: discovery, lists with continue tokens, metadata, and Kubernetes' errors. */
import { json, Refusal } from "./reply.ts";
import { type Call, queryNumber, type Server } from "./router.ts";
import type { Fields, Manager, Stamp } from "./store.ts";
import { GROUPS, served } from "./versions.ts";

export const discovery = (server: Server): Fields => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: GROUPS.map((name) => {
    const versions = served(name, server.major).map((version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }));
    return { name, versions, preferredVersion: versions.at(-1) };
  }),
});

/** Errors under `/apis` are Kubernetes' Status objects. */
export class ResourceRefusal extends Refusal {
  constructor(code: number, reason: string, message: string) {
    super(code, { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code });
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  403: "Forbidden",
  404: "NotFound",
  409: "AlreadyExists",
};

/** Answers with one resource; the old API's refusals become the new one's. */
export function resourceAnswer(call: Call, answer: () => Fields, status = 200): Response {
  checkGroup(call);
  try {
    return json(answer(), status);
  } catch (error) {
    if (!(error instanceof Refusal) || error instanceof ResourceRefusal) throw error;
    throw new ResourceRefusal(error.status, REASONS[error.status] ?? "Unknown", error.message);
  }
}

/** @throws Refusal for a group, version or namespace that this server does not have. */
function checkGroup({ params, server }: Call): void {
  const known = served(params.group ?? "", server.major).includes(params.version ?? "");
  if (!known) throw new ResourceRefusal(404, "NotFound", "the server could not find the requested resource");
  if (params.namespace !== "default") throw new ResourceRefusal(403, "Forbidden", "invalid namespace");
}

export interface Owned extends Stamp {
  readonly id: number;
  readonly uid: string;
  readonly version: number;
  readonly manager?: Manager;
}

const DEFAULT_LIMIT = 500;

/** The continue token is the place in the list by id, so that a list that changes loses nothing. */
export function resourceList<Row extends Owned>(
  call: Call,
  kind: string,
  rows: readonly Row[],
  resource: (row: Row, call: Call) => Fields,
): Response {
  checkGroup(call);
  const after = Number(Buffer.from(call.query.get("continue") ?? "", "base64").toString() || 0);
  const limit = queryNumber(call.query, "limit") || DEFAULT_LIMIT;
  const rest = rows.filter((row) => row.id > after).sort((a, b) => a.id - b.id);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const more =
    rest.length > limit && last ? { continue: Buffer.from(String(last.id)).toString("base64") } : {};
  return json({
    ...kindOf(call, `${kind}List`),
    metadata: { resourceVersion: "1741315830000", ...more },
    items: page.map((row) => resource(row, call)),
  });
}

export const kindOf = (call: Call, kind: string): Fields => ({
  kind,
  apiVersion: `${call.params.group}/${call.params.version}`,
});

export function metadata(row: Owned, folderUid: string): Fields {
  return {
    name: row.uid,
    namespace: "default",
    uid: `internal-${row.id}`,
    resourceVersion: String(1_741_315_830_000 + row.version),
    generation: row.version,
    creationTimestamp: row.created,
    labels: { "grafana.app/deprecatedInternalID": String(row.id) },
    annotations: {
      "grafana.app/createdBy": `user:${row.createdBy}`,
      "grafana.app/updatedBy": `user:${row.updatedBy}`,
      "grafana.app/updatedTimestamp": row.updated,
      ...(folderUid === "" ? {} : { "grafana.app/folder": folderUid }),
      ...(row.manager && {
        "grafana.app/managedBy": row.manager.kind,
        "grafana.app/managerId": row.manager.id,
      }),
    },
  };
}
