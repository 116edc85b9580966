/** The configuration after file, environment and defaults are merged; plugin options are still unchecked. */
export interface Config {
  /** The stack's name, typed to confirm a destroy. Default: the project directory's name. */
  readonly name: string;
  /** The project directory: where `contextcore.yaml` lies, else the working directory. Absolute. */
  readonly directory: string;
  /** The file it was read from, absolute; absent when there is none. */
  readonly file?: string;
  /** Where snapshots are kept, absolute. Default `backups` in the project directory. */
  readonly backups: string;
  /** Paths or package names of third-party plugins. */
  readonly plugins: readonly string[];
  /** Options by plugin name, as written; `enabled: false` leaves a backend out. */
  readonly backends: Readonly<Record<string, PluginSettings>>;
  readonly sinks: Readonly<Record<string, PluginSettings>>;
  readonly export: { readonly concurrency: number };
  readonly destroy: { readonly command: readonly string[] };
  readonly audit: {
    /** Days that ordinary events are kept. */
    readonly retention: number;
    /** Minutes after which a `started` event of another host counts as abandoned. */
    readonly staleAfter: number;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface PluginSettings {
  readonly enabled: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}
