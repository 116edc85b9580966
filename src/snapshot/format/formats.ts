/** What is known of each data file's lines, found by the name that plugins give it. */

import type { LineFormat } from "./line-format.ts";
import { PLUGIN_FORMATS } from "./plugin-lines.ts";
import { SIGNAL_FORMATS } from "./signals.ts";

const BY_FILE: ReadonlyMap<string, LineFormat> = new Map(
  [...SIGNAL_FORMATS, ...PLUGIN_FORMATS].map((format) => [format.file, format]),
);

/** The format of a data file; `undefined`: its lines are only parsed. @param file as plugins name it */
export const formatOf = (file: string): LineFormat | undefined => BY_FILE.get(file);

/** What a record of a data file is called, one and many alike. @param file as plugins name it */
export const unitOf = (file: string): string | undefined => formatOf(file)?.unit;

/** Whether lines of a data file describe what is there now: a newer one stands for an older. @param file as plugins name it */
export const isStateFile = (file: string): boolean => formatOf(file)?.isState === true;
