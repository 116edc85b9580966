/** Compares a file with what a server stores, by the meaning of the JSON and allowing for what storing changes. */
import { isKept } from "../units/kept-json.ts";

/** A dashboard's own JSON. */
type Content = Readonly<Record<string, unknown>>;

/** True when `kept` is how a dashboard with the content `written` is stored; its title may lose surrounding spaces. */
export const isKeptDashboard = (written: Content, kept: Content): boolean =>
  isKept(written, kept) ||
  (typeof written.title === "string" && isKept({ ...written, title: written.title.trim() }, kept));
