/** What is known about each data file's lines, by the name that plugins give it. */

import type { LineFormat } from "./line-format.ts";
import { PLUGIN_FORMATS } from "./plugin-lines.ts";
import { SIGNAL_FORMATS } from "./signals.ts";

const BY_FILE: ReadonlyMap<string, LineFormat> = new Map(
  [...SIGNAL_FORMATS, ...PLUGIN_FORMATS].map((format) => [format.file, format]),
);

/** The format of a data file; `undefined` if its lines are only parsed. @param file as plugins name it */
export const formatOf = (file: string): LineFormat | undefined => BY_FILE.get(file);

/** The unit of a data file's records. @param file as plugins name it */
export const unitOf = (file: string): string | undefined => formatOf(file)?.unit;

/** Whether lines of a data file describe a current state, so that a newer one replaces an older one. @param file as plugins name it */
export const isStateFile = (file: string): boolean => formatOf(file)?.isState === true;
