/** What a person should see before trusting a plugin's code. */
import { hashOfFiles } from "../../host/trust/files.ts";
import { unseenText } from "../../host/trust/unseen-code.ts";
import { usesOf } from "../../host/trust/uses.ts";
import type { TrustPlan } from "../../tasks/plugin-trust.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatBytes } from "../../units/bytes.ts";

const MOST_SHOWN = 12;

/** Shows what would be loaded, before any of it has run. */
export function showReview(terminal: Terminal, plan: TrustPlan): void {
  if (plan.action === "remove") return;
  const { location, found } = plan;
  const { bold, dim, yellow } = terminal.noteColors;
  const bytes = [...found.files.values()].reduce((sum, file) => sum + file.bytes, 0);
  terminal.note(`${bold(location.spec)}: ${location.entry}`);
  terminal.note(`  ${found.files.size} files, ${formatBytes(bytes)}, sha256 ${hashOfFiles(found.files)}`);
  for (const line of shortened([...found.files.keys()])) terminal.note(dim(`    ${line}`));
  for (const use of usesOf(found)) terminal.note(`  ${yellow("it")} ${use}`);
  for (const line of unseenText(found)) terminal.note(`  ${yellow("look at")} ${line}`);
  terminal.note(
    "  Its code runs with your rights: it can do what you can do. Trust only what you have read.",
  );
}

/** What the code reaches for now but did not when it was trusted. */
export function showNewUses(terminal: Terminal, uses: readonly string[]): void {
  const { yellow } = terminal.noteColors;
  for (const use of uses) terminal.note(`  ${yellow("now it")} ${use}`);
}

function shortened(names: readonly string[]): string[] {
  const own = [...names].sort((a, b) => Number(isPackage(a)) - Number(isPackage(b)));
  if (own.length <= MOST_SHOWN) return own;
  return [...own.slice(0, MOST_SHOWN), `and ${own.length - MOST_SHOWN} more`];
}

const isPackage = (name: string): boolean => name.includes("node_modules/");
