/** docs/README.md leads to every page, and no link between pages leads nowhere. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pages } from "./blocks.ts";

const root = resolve(import.meta.dir, "../..");
const INDEX = "docs/README.md";
const read = (page: string): Promise<string> => Bun.file(join(root, page)).text();

/** `page.md#heading` of every link that stays here. */
const linksIn = (text: string): string[] =>
  [...text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^https?:/.test(link));

/** The anchors that GitHub gives to headings. */
const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

test("the index leads to every page, and the README to the index", async () => {
  const named = linksIn(await read(INDEX)).map((link) => `docs/${link.replace(/#.*/, "")}`);
  expect(pages.filter((page) => page.startsWith("docs/") && page !== INDEX && !named.includes(page))).toEqual(
    [],
  );
  expect(linksIn(await read("README.md"))).toContain(INDEX);
});

test.each([...pages, "ARCHITECTURE.md", "CONTRIBUTING.md"])(
  "the links on %s lead somewhere",
  async (page) => {
    const lost: string[] = [];
    for (const link of linksIn(await read(page))) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? page : join(dirname(page), file);
      const isThere =
        existsSync(join(root, target)) &&
        (anchor === undefined || anchorsIn(await read(target)).includes(anchor));
      if (!isThere) lost.push(link);
    }
    expect(lost).toEqual([]);
  },
);

test("no page names a place on the machine where it was written", async () => {
  for (const page of pages) expect(await read(page), page).not.toMatch(/\/(work|tmp|root|home\/\w+|Users)\//);
});
