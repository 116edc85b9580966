/** A thread that examines one database. It is an entry point of its own, which scripts/build.ts names, too. */
import { PluginError } from "contextcore";
import type { Examined } from "./examine.ts";
import { healthOf } from "./health.ts";

declare const self: Worker;

function examined(path: string): Examined {
  try {
    return { health: healthOf(path) };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const { kind, message, hint } = error;
    return { refusal: { kind, message, hint } };
  }
}

self.onmessage = ({ data }: MessageEvent<string>) => self.postMessage(examined(data));
