import { accessDenied, type Refusal, refuse, refuseWithId } from "./reply.ts";

export type Role = "Viewer" | "Editor" | "Admin";

/** Somebody who may call: a user with a password, or a service account with a token. */
export interface Account {
  readonly login: string;
  readonly password?: string;
  readonly token?: string;
  readonly role: Role;
  /** May read the whole server's state, not only the organisation's. */
  readonly serverAdmin?: boolean;
  /** All that it can see; absent: everything. The root is the folder `""`. */
  readonly view?: { readonly folders: readonly string[]; readonly dashboards?: readonly string[] };
}

export const ADMIN: Account = { login: "admin", password: "admin", role: "Admin", serverAdmin: true };

const unauthorized = (messageId: string, message: string): Refusal => refuseWithId(401, messageId, message);

/** Who calls. @throws Refusal 401 when that is not known. */
export function authenticate(
  request: Request,
  accounts: readonly Account[],
  anonymous: Role | false,
): Account {
  const [scheme = "", credentials = ""] = (request.headers.get("authorization") ?? "").split(" ", 2);
  if (/^basic$/i.test(scheme)) return basic(credentials, accounts);
  if (/^bearer$/i.test(scheme)) return bearer(credentials, accounts);
  if (anonymous !== false) return { login: "Anonymous", role: anonymous };
  throw unauthorized("auth.unauthorized", "Unauthorized");
}

function basic(credentials: string, accounts: readonly Account[]): Account {
  const [login, ...rest] = Buffer.from(credentials, "base64").toString().split(":");
  const password = rest.join(":");
  const account = accounts.find((one) => one.login === login && one.password === password);
  if (account?.password !== undefined) return account;
  throw unauthorized("password-auth.failed", "Invalid username or password");
}

function bearer(token: string, accounts: readonly Account[]): Account {
  const account = accounts.find((one) => one.token !== undefined && one.token === token);
  if (account !== undefined) return account;
  throw unauthorized("api-key.invalid", "Invalid API key");
}

const RANK: Readonly<Record<Role, number>> = { Viewer: 0, Editor: 1, Admin: 2 };

/** @throws Refusal 403 when the account's role is lower. */
export function requireRole(account: Account, role: Role, permission: string): void {
  if (RANK[account.role] < RANK[role]) throw accessDenied(permission);
}

/** @throws Refusal 403 for everybody but the server's administrator. */
export function requireServerAdmin(account: Account): void {
  if (account.serverAdmin !== true) throw refuse(403, "Permission denied");
}

export const seesFolder = (account: Account, uid: string): boolean =>
  account.view === undefined || account.view.folders.includes(uid);

export const seesDashboard = (account: Account, dashboard: { uid: string; folderUid: string }): boolean =>
  seesFolder(account, dashboard.folderUid) || account.view?.dashboards?.includes(dashboard.uid) === true;
