import type { RestoreDiagnostic } from "contextcore";
import { asText, type Fields, objectSchema, without } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { create, EXISTING, ownedBy, putBack, refused } from "../put.ts";
import { described, routing } from "../references.ts";
import { read, readIfThere, type Server } from "../server.ts";
import { headersFor, muteTimings, ownerOf, PROVISIONING } from "./alerting.ts";
import { contactPoints } from "./contact-points.ts";

const PATH = `${PROVISIONING}/policies`;

/** There is a single policy tree, and writing replaces it: only a fresh Grafana's tree is replaced. */
export const policies: ObjectKind = {
  name: "policy",
  plural: "notification policies",
  unit: "policies",
  folder: "alerting/policies",
  needs: [muteTimings, contactPoints],
  async foresee(server) {
    const tree = await readIfThere(server, objectSchema, { path: PATH });
    return tree === undefined || isDefault(tree) ? [] : [STAYS];
  },

  list: async (server) => ({
    items: [{ uid: "policies", title: "notification", object: await readTree(server) }],
  }),

  describe: (tree) => ({
    ...described({ name: "Notification policies" }, []),
    refers: routing(tree),
  }),

  put: putBack(objectSchema, async (restoring, tree) => {
    const there = await readTree(restoring);
    const json = without(tree, "provenance");
    if (Bun.deepEquals(without(there, "provenance"), json)) return EXISTING;
    if (!isDefault(there)) return refused(REPLACES);
    const provenance = asText(tree.provenance);
    const locked = ownedBy(restoring, ownerOf(provenance));
    if (locked !== undefined) return locked;
    const isThere = async () => !isDefault(await readTree(restoring));
    return create(restoring, { method: "PUT", path: PATH, json, headers: headersFor(provenance), isThere });
  }),
};

const readTree = (server: Server) => read(server, objectSchema, { path: PATH });

/** A fresh Grafana's contact points, by their names in its various versions. */
const DEFAULT_RECEIVERS = new Set([
  "grafana-default-email",
  "email receiver",
  "empty",
  "autogen-contact-point-default",
]);

/** True for a fresh Grafana's tree, which nobody would miss. */
const isDefault = (tree: Fields): boolean =>
  (!Array.isArray(tree.routes) || tree.routes.length === 0) && DEFAULT_RECEIVERS.has(asText(tree.receiver));

const REPLACES = "Grafana has notification policies already, and writing these would replace all of them.";

const STAYS: RestoreDiagnostic = {
  severity: "refuses",
  message:
    "Grafana has notification policies of its own; they stay, since there is one tree and writing it would replace all of it.",
  setting: "DELETE /api/v1/provisioning/policies, which resets them",
};
