/** The pages that people read, and the fenced blocks in them. */
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");

/** README.md and every page below docs/. */
export const pages: readonly string[] = [
  "README.md",
  ...new Bun.Glob("docs/*.md").scanSync({ cwd: root }),
].sort();

/** The blocks of one language on a page, in order, without their indentation. */
export async function blocksOf(page: string, language: string): Promise<string[]> {
  const text = await Bun.file(join(root, page)).text();
  const fenced = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, "gm");
  return [...text.matchAll(fenced)].map(([, indent = "", block = ""]) =>
    block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
}
