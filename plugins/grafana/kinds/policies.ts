import { whatDiffers } from "contextcore";
import { POLICIES_PATH } from "../by-name.ts";
import { asText, type Fields, objectSchema, without } from "../json.ts";
import type { ObjectKind } from "../kind.ts";
import { putBack, putInPlace, type Write } from "../put.ts";
import { described, routing } from "../references.ts";
import { read, type Server } from "../server.ts";
import { headersFor, muteTimings, ownerOf, plainAlerting } from "./alerting.ts";
import { contactPoints } from "./contact-points.ts";

/** There is always one policy tree, and writing replaces it. The tree of a fresh Grafana counts as none. */
export const policies: ObjectKind = {
  name: "policy",
  plural: "notification policies",
  singular: "",
  unit: "policies",
  folder: "alerting/policies",
  needs: [muteTimings, contactPoints],

  list: async (server) => ({
    items: [{ uid: "policies", title: "notification", object: await readTree(server) }],
  }),

  describe: (tree) => ({
    ...described({ name: "Notification policies" }, []),
    refers: routing(tree),
  }),

  place: (server) => async (saved) => {
    const held = await readTree(server);
    const isFresh = isDefault(held) && whatDiffers(plainAlerting(saved), plainAlerting(held)) !== undefined;
    return isFresh ? undefined : held;
  },
  plain: plainAlerting,

  put: putBack(objectSchema, (restoring, tree) => {
    const provenance = asText(tree.provenance);
    const json = without(tree, "provenance");
    const write: Write = { method: "PUT", path: POLICIES_PATH, json, headers: headersFor(provenance) };
    return putInPlace(restoring, policies, tree, {
      owner: ownerOf(provenance),
      create: () => write,
      replace: () => [write],
    });
  }),
};

const readTree = (server: Server) => read(server, objectSchema, { path: POLICIES_PATH });

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
