/** What the lab's Grafana holds: one organisation, in memory. */

/** A JSON object whose fields nobody has checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** The tool that owns an object; such an object cannot be changed through the API. */
export interface Manager {
  readonly kind: string;
  readonly id: string;
}

/** Who made and changed an object, and when; the server sets these itself. */
export interface Stamp {
  readonly created: string;
  readonly createdBy: string;
  readonly updated: string;
  readonly updatedBy: string;
}

export interface Folder extends Stamp {
  readonly id: number;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Empty for a folder at the root. */
  readonly parentUid: string;
  readonly version: number;
  readonly manager?: Manager;
}

export interface Dashboard extends Stamp {
  readonly id: number;
  readonly uid: string;
  readonly folderUid: string;
  /** The version it is stored in: `v0alpha1`, `v1`, `v2beta1` … */
  readonly apiVersion: string;
  /** Without id, uid and version, which are the server's. */
  readonly spec: Fields;
  readonly version: number;
  readonly message: string;
  readonly manager?: Manager;
}

export interface DataSource {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly access: string;
  readonly database: string;
  readonly user: string;
  readonly basicAuth: boolean;
  readonly basicAuthUser: string;
  readonly withCredentials: boolean;
  readonly isDefault: boolean;
  readonly jsonData: Fields;
  readonly secrets: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  readonly version: number;
}

/** An alerting object as it was sent, with the provenance that it was saved under (`""`, `api`, `file`). */
export interface Provisioned {
  readonly fields: Fields;
  readonly provenance: string;
}

export interface ContactPoint extends Provisioned {
  readonly uid: string;
  readonly secrets: Readonly<Record<string, string>>;
}

export interface LibraryPanel extends Stamp {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly kind: number;
  readonly folderUid: string;
  readonly model: Fields;
  readonly version: number;
}

export interface Annotation {
  readonly id: number;
  readonly alertId: number;
  readonly alertName: string;
  readonly dashboardUID: string;
  readonly panelId: number;
  readonly newState: string;
  readonly prevState: string;
  /** ms */
  readonly time: number;
  readonly timeEnd: number;
  readonly text: string;
  readonly tags: readonly string[];
  readonly data: Fields;
  readonly created: number;
  readonly updated: number;
}

export interface Playlist extends Stamp {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly interval: string;
  readonly items: readonly Fields[];
  readonly version: number;
}

export interface Store {
  readonly folders: Map<string, Folder>;
  readonly dashboards: Map<string, Dashboard>;
  readonly dataSources: Map<string, DataSource>;
  readonly rules: Map<string, Provisioned & { readonly id: number; readonly updated: string }>;
  /** Seconds between evaluations, by `groupKey`. */
  readonly intervals: Map<string, number>;
  readonly contactPoints: ContactPoint[];
  policies: Provisioned;
  readonly muteTimings: Map<string, Provisioned>;
  readonly templates: Map<string, Provisioned>;
  readonly libraryPanels: Map<string, LibraryPanel>;
  readonly annotations: Annotation[];
  readonly playlists: Map<string, Playlist>;
  /** Numeric ids and generated uids; never the same twice. */
  readonly nextId: () => number;
}

export const groupKey = (folderUid: string, title: string): string => `${folderUid}\u0000${title}`;

/** What a fresh Grafana routes alerts to. */
export const DEFAULT_POLICIES: Fields = {
  receiver: "grafana-default-email",
  group_by: ["grafana_folder", "alertname"],
};

/** An empty Grafana, as after its first start: one contact point and the default policy tree. */
export function createStore(): Store {
  let last = 0;
  return {
    folders: new Map(),
    dashboards: new Map(),
    dataSources: new Map(),
    rules: new Map(),
    intervals: new Map(),
    contactPoints: [
      {
        uid: "grafana-default-email",
        fields: {
          name: "grafana-default-email",
          type: "email",
          settings: { addresses: "<example@email.com>" },
          disableResolveMessage: false,
        },
        secrets: {},
        provenance: "",
      },
    ],
    policies: { fields: DEFAULT_POLICIES, provenance: "" },
    muteTimings: new Map(),
    templates: new Map(),
    libraryPanels: new Map(),
    annotations: [],
    playlists: new Map(),
    nextId: () => {
      last += 1;
      return last;
    },
  };
}
