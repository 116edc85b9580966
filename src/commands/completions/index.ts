import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { type Offer, offerFor } from "./candidates.ts";
import { SCRIPTS, type Shell } from "./scripts.ts";
import { findValuesOf } from "./values.ts";

export default defineCommand({
  about: "print the script for a shell to complete commands, flags and values",
  args: {
    shell: {
      type: "positional",
      hint: "SHELL",
      required: true,
      values: ["bash", "zsh", "fish"],
      about: "which shell the script is for",
    },
    words: {
      type: "positional",
      repeatable: true,
      about: "the words typed after `contextcore`; prints what may follow (used by the scripts)",
    },
  },
  examples: [
    { line: "completions bash > ~/.local/share/bash-completion/completions/contextcore", about: "for bash" },
    { line: 'completions zsh > "$HOME/.zfunc/_contextcore"', about: "for zsh, in a directory of its fpath" },
    { line: "completions fish > ~/.config/fish/completions/contextcore.fish", about: "for fish" },
  ],
  async run(call) {
    const { args, terminal, root } = call;
    const { shell, words } = args;
    if (words.length === 0) {
      terminal.print(...SCRIPTS[shell].trimEnd().split("\n"));
      return EXIT.ok;
    }
    const joined = shell === "bash" ? withoutBreaks(words) : { words, dropped: "" };
    const lines = toLines(await offerFor(root, joined.words, findValuesOf(call)), shell, joined.dropped);
    terminal.print(...lines);
    return EXIT.ok;
  },
});

/** bash takes `--plugin=lo` for three words, and completes the last of them only. */
function withoutBreaks(words: readonly string[]): { words: readonly string[]; dropped: string } {
  const joined: string[] = [];
  let dropped = "";
  for (const [index, word] of words.entries()) {
    const goesOn = index > 0 && (word === "=" || words[index - 1] === "=") && joined.at(-1)?.startsWith("--");
    if (!goesOn) joined.push(word);
    else joined.push(`${joined.pop()}${word}`);
    dropped = goesOn ? (joined.at(-1) ?? "").replace(/=.*$/s, "=") : "";
  }
  return { words: joined, dropped };
}

function toLines({ candidates, paths }: Offer, shell: Shell, dropped: string): string[] {
  const lines = candidates.map(({ word, about }) => {
    const rest = word.slice(dropped.length);
    return shell === "bash" || about === "" ? rest : `${rest}\t${about}`;
  });
  return [...lines, ...(paths === undefined ? [] : [`:${paths}`])];
}
