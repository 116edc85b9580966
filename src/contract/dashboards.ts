/** A backend that keeps individual dashboards. */

/** Dashboards in folders, which can be listed, read, written and deleted one by one. Every method throws PluginError. */
export interface DashboardStore {
  /** All folders and dashboards that this user may see. */
  list(signal: AbortSignal): Promise<DashboardListing>;
  /** One dashboard, complete and unconverted. @throws PluginError `not-found` */
  read(uid: string, signal: AbortSignal): Promise<DashboardDocument>;
  /** Parses a dashboard file. @throws PluginError `invalid` when it is not a dashboard that this backend can keep */
  parse(text: string): DashboardDraft | Promise<DashboardDraft>;
  /** Creates the dashboard, or replaces it when `replaces` says that it exists. */
  write(dashboard: PlacedDashboard, signal: AbortSignal): Promise<void>;
  remove(uid: string, signal: AbortSignal): Promise<void>;
  createFolder(folder: DashboardFolder, signal: AbortSignal): Promise<void>;
  renameFolder(folder: Pick<DashboardFolder, "uid" | "title">, signal: AbortSignal): Promise<void>;
  /** Deletes an empty folder. @throws PluginError `refused`, saying what the folder still contains */
  removeFolder(uid: string, signal: AbortSignal): Promise<void>;
}

/** A folder of dashboards. */
export interface DashboardFolder {
  readonly uid: string;
  readonly title: string;
  readonly description?: string;
  /** Absent at the root. */
  readonly parentUid?: string;
  /** The tool that owns the folder. It cannot be changed by hand. */
  readonly managedBy?: string;
}

/** The folders and dashboards that exist, without their contents. */
export interface DashboardListing {
  readonly folders: readonly DashboardFolder[];
  readonly dashboards: readonly {
    readonly uid: string;
    readonly title: string;
    /** Empty at the root. */
    readonly folderUid: string;
    readonly tags: readonly string[];
    /** Where to view it in a browser. */
    readonly url?: string;
  }[];
}

/** A dashboard as it stands in a file. */
export interface DashboardDraft {
  /** Absent when the file does not set it. */
  readonly uid?: string;
  readonly title: string;
  /** Its own JSON, without what a server sets itself. Numbers may be `JSON.rawJSON`, to keep their exact spelling. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The schema version of the content, if the schema is versioned. */
  readonly schema?: string;
  /** What else the backend stores with it. The backend gets this back unchanged. */
  readonly attached?: Readonly<Record<string, unknown>>;
}

/** A dashboard as the server stores it. */
export interface DashboardDocument extends DashboardDraft {
  readonly uid: string;
  readonly folderUid: string;
  /** The text of its file. */
  readonly text: string;
  readonly managedBy?: string;
}

/** A dashboard and the folder to write it to. */
export interface PlacedDashboard extends DashboardDraft {
  readonly uid: string;
  /** Empty at the root. */
  readonly folderUid: string;
  readonly replaces: boolean;
}
