/** Where the reader is: the address bar, and nothing else, says what is shown. */
import { signal } from "@preact/signals";

/** An address of the page. */
interface Address {
  readonly path: string;
  readonly query: URLSearchParams;
}

const read = (): Address => ({ path: location.pathname, query: new URLSearchParams(location.search) });

/** Where the reader is now. */
export const address = signal<Address>(read());

/** Whether the last step led to another view, and did not only change what a view shows. */
export const arrivals = signal(0);

/** Goes there. @param how `replace`: going back leads past the present address */
export function go(href: string, how: "push" | "replace" = "push"): void {
  const before = address.peek().path;
  history[how === "push" ? "pushState" : "replaceState"](null, "", href);
  address.value = read();
  if (address.peek().path !== before) arrivals.value += 1;
}

/** An address with its names encoded: `href("/tasks/:id", { id })`. */
export const href = (
  pattern: string,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | undefined>> = {},
): string => {
  const path = pattern.replaceAll(/:(\w+)/g, (_, name) => encodeURIComponent(params[name] ?? ""));
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given as [string, string][]).toString();
  return search === "" ? path : `${path}?${search}`;
};

/** A value of the query; "" where it is not given. */
export const asked = (name: string): string => address.value.query.get(name) ?? "";

/** Changes values of the query, and nothing else; "" takes one away. */
export function askFor(values: Readonly<Record<string, string>>): void {
  const { path, query } = address.peek();
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(values)) {
    if (value === "") next.delete(name);
    else next.set(name, value);
  }
  const search = next.toString();
  go(search === "" ? path : `${path}?${search}`, "replace");
}

/** Follows links of the page without loading it anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    address.value = read();
    arrivals.value += 1;
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = new URL(link.href, location.href);
    const leaves = target.origin !== location.origin || link.hasAttribute("download") || link.target !== "";
    if (leaves || target.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    go(target.pathname + target.search);
  });
}
