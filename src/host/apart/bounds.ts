/** The limits on a third-party plugin's process, and which of them the environment can change. */

import type { Config } from "../../config/config.ts";
import { parseBytes } from "../../units/bytes.ts";
import { parseDuration } from "../../units/duration.ts";
import { messageOf } from "../../units/message-of.ts";
import { toMs } from "../../units/range.ts";
import type { Bounds } from "./launch.ts";

/** A plugin works in pieces of about 8 MiB. bytes */
export const MEMORY_MAX = 1_000_000_000;
/** Time limit for loading: a module may wait at its top level for ever. ms */
export const LOAD_MS = 10_000;
/** Almost as long as the shortest hook limit, so that a blocked process is reported before it is merely slow. ms */
const SILENT_MS = 45_000;
const SILENT_SHARE = 0.75;

/** @throws RangeError when a variable is not a valid duration or size */
export function boundsFrom(env: Config["env"]): Bounds {
  const limitMs = hookTimeoutMs(env);
  const memory = env.CONTEXTCORE_PLUGIN_MEMORY;
  return {
    loadMs: limitMs ?? LOAD_MS,
    silentMs: limitMs === undefined ? SILENT_MS : limitMs * SILENT_SHARE,
    memoryMax: memory ? bytesFrom(memory) : MEMORY_MAX,
  };
}

function bytesFrom(text: string): number {
  try {
    return parseBytes(text);
  } catch (error) {
    throw new RangeError(`CONTEXTCORE_PLUGIN_MEMORY: ${messageOf(error)}`);
  }
}

/** The time limit of all hooks from the environment, if set. @throws RangeError when it is not a duration */
export function hookTimeoutMs({ CONTEXTCORE_HOOK_TIMEOUT: text }: Config["env"]): number | undefined {
  return text ? toMs(parseDuration(text)) : undefined;
}
