/** Why a Loki deletes nothing, and the setting to change. */
import { isKind, type PluginError } from "contextcore";
import { askDeletes } from "../objects/deletes.ts";
import type { Api } from "../server/api.ts";
import type { Settings } from "../server/settings.ts";

/** One sentence; `undefined`: it takes delete requests, and carries them out. @throws PluginError when it cannot be asked */
export async function whyNot(api: Api, settings: Settings, signal: AbortSignal): Promise<string | undefined> {
  const mode = settings.text("limits_config.deletion_mode");
  if (settings.flag("compactor.retention_enabled") === false) return RETENTION;
  if (mode === "disabled" || mode === "filter-only") return modeIs(mode);
  try {
    await askDeletes(api, signal);
    return undefined;
  } catch (error) {
    if (!isKind(error, "refused", "invalid", "not-found")) throw error;
    return reasonOf(error);
  }
}

function reasonOf({ kind, message }: PluginError): string {
  if (kind === "not-found") return UNREACHED;
  if (/Retention is not enabled/i.test(message)) return RETENTION;
  if (/deletion is not available/i.test(message)) return modeIs("disabled");
  return `This Loki takes no delete requests: ${message}`;
}

const RETENTION =
  "This Loki deletes nothing: set compactor.retention_enabled to true and compactor.delete_request_store to its object store, and restart it.";

const modeIs = (mode: string): string =>
  `This Loki ${mode === "disabled" ? "takes no delete requests" : "only hides what is to be deleted"} (limits_config.deletion_mode: ${mode}): set it to filter-and-delete.`;

const UNREACHED =
  "The API of Loki's compactor is not reached under this URL: let the gateway pass /loki/api/v1/delete to the compactor.";
