/** The page over HTTP: its shell at every address of a view, and the files that it loads. They hold no data: who may see that, the API decides. */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import type { Page, PageFile } from "./built.ts";
import { PAGE_PATHS } from "./paths.ts";

/** Only what comes from this service is loaded, run or asked; nothing written into the page runs. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Its name changes with its content. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** Asked for each time, and answered in a word where nothing has changed. */
const ASKED_AGAIN = "no-cache";

/** What a view shows of what it could: it is read by the view, and not here. */
const VIEW_QUERY = objectOf(v.string());

/** The routes of the page; it is unpacked when it is first asked for. */
export function pageRoutes(): Route[] {
  let loaded: Promise<Page> | undefined;
  const page = (): Promise<Page> => {
    loaded ??= import("./built.ts").then(({ readPage }) => readPage());
    return loaded;
  };
  return [
    ...PAGE_PATHS.map((path) =>
      defineRoute({
        method: "GET",
        path,
        role: "open",
        about: "the page",
        query: VIEW_QUERY,
        answers: ["text/html"],
        run: async ({ headers }) => sent((await page()).shell, headers, ASKED_AGAIN),
      }),
    ),
    defineRoute({
      method: "GET",
      path: "/assets/:file",
      role: "open",
      about: "a file of the page",
      answers: ["text/javascript", "text/css", "image/svg+xml"],
      async run({ params: { file = "" }, headers }) {
        const found = (await page()).files.get(file);
        if (found === undefined) throw new HttpError(404, `the page has no file ${JSON.stringify(file)}`);
        return sent(found, headers, FOR_EVER);
      },
    }),
  ];
}

function sent({ type, plain, gzip, tag }: PageFile, asked: Headers, caching: string): Response {
  const headers = {
    "Content-Type": type,
    "Cache-Control": caching,
    "Content-Security-Policy": POLICY,
    ETag: tag,
    Vary: "Accept-Encoding",
  };
  if (asked.get("if-none-match")?.includes(tag)) return new Response(null, { status: 304, headers });
  if (!/\bgzip\b/.test(asked.get("accept-encoding") ?? "")) return new Response(plain, { headers });
  return new Response(gzip, { headers: { ...headers, "Content-Encoding": "gzip" } });
}
