/** Checks, before sending, whether Grafana can keep the dashboard in a file. */
import { PluginError } from "contextcore";
import { type Draft, notADashboard, readDraft } from "./dashboard-draft.ts";
import type { Fields } from "./json.ts";

/** The parts of a resource; a plain model has none of them. */
const RESOURCE = ["apiVersion", "metadata", "spec"];

const UID_LENGTH_MAX = 40;
const TITLE_LENGTH_MAX = 5000;

/**
 * Parses the JSON of a file that is to be written.
 * @throws PluginError `invalid` when it is not a dashboard, `refused` when no Grafana accepts it
 */
export function readWritable(object: Fields): Draft {
  const draft = readDraft(object);
  if (draft.schema === undefined) checkModel(draft.content);
  const refusal = refusalOf(draft);
  if (refusal !== undefined) throw new PluginError("refused", refusal);
  return draft;
}

/** The old API looks only at the top level. */
function checkModel(content: Fields): void {
  if ("elements" in content || "layout" in content)
    throw notADashboard(
      "it is the spec of a v2 dashboard by itself; around it belong apiVersion, kind, metadata and spec",
    );
  const part = RESOURCE.find((name) => name in content);
  if (part === undefined) return;
  const missing = RESOURCE.filter((name) => !(name in content));
  throw notADashboard(`it has ${part}, as a resource, but no ${missing.join(" and no ")}`);
}

function refusalOf({ uid = "", title }: Draft): string | undefined {
  if (!/^[\w-]*$/.test(uid))
    return `its uid contains illegal characters: ${JSON.stringify(uid)} (letters, digits, - and _ are taken)`;
  if (uid.length > UID_LENGTH_MAX)
    return `its uid is too long: ${uid.length} characters, and ${UID_LENGTH_MAX} are taken`;
  if (title.length > TITLE_LENGTH_MAX)
    return `its title is too long: ${title.length} characters, and ${TITLE_LENGTH_MAX} are taken`;
  return undefined;
}
