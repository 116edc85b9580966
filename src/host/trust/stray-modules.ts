/** Files that plugins tried to load although they are not trusted. The command reports them at its end, and in the trail. */

/** A file that a plugin tried to load, and was refused. */
export interface StrayModule {
  /** The plugin whose code ran, or its name in the configuration; absent when unknown. */
  readonly plugin: string | undefined;
  /** Absolute. */
  readonly path: string;
}

const found: StrayModule[] = [];

/** Remembers one until the command ends. */
export const addStray = (stray: StrayModule): void => void found.push(stray);

/** Those since the previous call. */
export const takeStrays = (): readonly StrayModule[] => found.splice(0);

/** One clause. */
export const strayText = ({ plugin, path }: StrayModule): string =>
  `the plugin${plugin === undefined ? "" : ` ${plugin}`} loads ${path}, which is not among its files`;

/** What to do about a stray file. */
export const STRAY_HINT =
  "Nobody trusted that file. A computed import must stay within the plugin's own folder.";
