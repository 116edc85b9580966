/** A backend that keeps dashboards one by one. */

/** Dashboards in folders that can be listed, read, written and deleted one by one. Every method throws PluginError. */
export interface DashboardKeeper {
  /** All folders and dashboards that may be seen. */
  list(signal: AbortSignal): Promise<DashboardListing>;
  /** One dashboard, whole and not converted. @throws PluginError `not-found` */
  read(uid: string, signal: AbortSignal): Promise<DashboardDocument>;
  /** What a file's text says. @throws PluginError `invalid` when it is no dashboard that this backend can keep. */
  parse(text: string): DashboardDraft | Promise<DashboardDraft>;
  /** Creates the dashboard, or replaces it when `replaces` says that it is there. */
  write(dashboard: PlacedDashboard, signal: AbortSignal): Promise<void>;
  remove(uid: string, signal: AbortSignal): Promise<void>;
  createFolder(folder: DashboardFolder, signal: AbortSignal): Promise<void>;
  renameFolder(folder: Pick<DashboardFolder, "uid" | "title">, signal: AbortSignal): Promise<void>;
  /** Deletes a folder that holds nothing. @throws PluginError `refused` saying what it still holds. */
  removeFolder(uid: string, signal: AbortSignal): Promise<void>;
}

/** A folder of dashboards. */
export interface DashboardFolder {
  readonly uid: string;
  readonly title: string;
  readonly description?: string;
  /** Absent at the root. */
  readonly parentUid?: string;
  /** The tool that owns it; it cannot be changed by hand. */
  readonly managedBy?: string;
}

/** What there is, without the contents. */
export interface DashboardListing {
  readonly folders: readonly DashboardFolder[];
  readonly dashboards: readonly {
    readonly uid: string;
    readonly title: string;
    /** Empty at the root. */
    readonly folderUid: string;
    readonly tags: readonly string[];
    /** Where a person can look at it. */
    readonly url?: string;
  }[];
}

/** A dashboard as a file says it. */
export interface DashboardDraft {
  /** Absent: the file leaves it open. */
  readonly uid?: string;
  readonly title: string;
  /** Its own JSON, without what a server sets itself; numbers may be `JSON.rawJSON`, to stay as they were written. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The version of the schema that the content is in, where there are versions. */
  readonly schema?: string;
  /** What else the backend keeps with it; it gets this back as it was. */
  readonly attached?: Readonly<Record<string, unknown>>;
}

/** A dashboard as the server keeps it. */
export interface DashboardDocument extends DashboardDraft {
  readonly uid: string;
  readonly folderUid: string;
  /** The text of its file. */
  readonly text: string;
  readonly managedBy?: string;
}

/** A dashboard with the place where it is to be written. */
export interface PlacedDashboard extends DashboardDraft {
  readonly uid: string;
  /** Empty at the root. */
  readonly folderUid: string;
  readonly replaces: boolean;
}
