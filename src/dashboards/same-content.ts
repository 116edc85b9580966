import { isKept } from "../units/kept-json.ts";

/** A dashboard's own JSON. */
type Content = Readonly<Record<string, unknown>>;

/** True when `kept` is what becomes of a dashboard with the content `written`; a title may lose the spaces around it. */
export const isKeptDashboard = (written: Content, kept: Content): boolean =>
  isKept(written, kept) ||
  (typeof written.title === "string" && isKept({ ...written, title: written.title.trim() }, kept));
