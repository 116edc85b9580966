import { directorySize, PluginError, type Size } from "contextcore";
import { searchable } from "./extent.ts";
import type { Finder } from "./find.ts";
import type { Settings } from "./settings.ts";

export interface SizeOptions {
  /** Tempo's data directory on this machine. */
  readonly data: string | undefined;
  readonly settings: (signal: AbortSignal) => Promise<Settings>;
  readonly now: bigint;
}

/** How big it is: its directory where that is known, else the blocks that a search looks at, else worked out. */
export async function measure(finder: Finder, options: SizeOptions, signal: AbortSignal): Promise<Size> {
  if (options.data === undefined) return ask(finder, options, "", signal);
  try {
    return { bytes: await directorySize(options.data, signal), source: "disk" };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return ask(finder, options, `, since ${error.message}`, signal);
  }
}

/** Bytes that a span takes in a block: 12.4 MB held 160,000 of them. */
const SPAN_BLOCK_BYTES = 78;
const LIMIT = 1_000;

async function ask(finder: Finder, options: SizeOptions, reason: string, signal: AbortSignal): Promise<Size> {
  let [blockBytes, spans] = [0, 0];
  for (const range of searchable(await options.settings(signal), options.now)) {
    const answer = await finder.find({ range, query: "{}", limit: LIMIT }, signal);
    blockBytes += answer.blockBytes;
    spans += answer.hits.reduce((sum, hit) => sum + hit.spans, 0);
  }
  if (blockBytes > 0) return { bytes: blockBytes, source: "api" };
  const how = `${spans} spans that a search lists, ${SPAN_BLOCK_BYTES} bytes each${reason}`;
  return { bytes: spans * SPAN_BLOCK_BYTES, source: "estimate", how };
}
