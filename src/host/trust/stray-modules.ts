/** What plugins tried to load besides the files that are trusted. The command that ends says so, in the trail too. */

export interface StrayModule {
  /** The plugin whose code ran, or what the configuration calls it; absent when that is not known. */
  readonly plugin: string | undefined;
  /** Absolute. */
  readonly path: string;
}

const found: StrayModule[] = [];

/** Remembers one until the command ends. */
export const addStray = (stray: StrayModule): void => void found.push(stray);

/** Those since the last call. */
export const takeStrays = (): readonly StrayModule[] => found.splice(0);

/** One clause. */
export const strayText = ({ plugin, path }: StrayModule): string =>
  `the plugin${plugin === undefined ? "" : ` ${plugin}`} loads ${path}, which is not among its files`;

export const STRAY_HINT =
  "Nobody trusted that file: an import that is computed must stay within the plugin's own folder.";
