/** Changes the list `plugins` in the configuration file and nothing else; comments stay. */
import { dirname, join } from "node:path";
import { isSeq, parseDocument, YAMLSeq } from "yaml";
import { makeNamedDirectory, readNamedText } from "../storage/own-file.ts";
import { writeWhole } from "../storage/whole-file.ts";
import type { Config } from "./config.ts";
import { FILE_BYTES_MAX, FILE_NAME } from "./source.ts";

/** Adds the plugin at the end, creating the file if necessary. @returns its path */
export function addToPlugins(config: Config, spec: string): string {
  return edit(config, (list) => {
    if (!list.toJSON().includes(spec)) list.add(spec);
  });
}

/** Removes the plugin. @returns the file's path */
export function takeFromPlugins(config: Config, spec: string): string {
  return edit(config, (list) => {
    const index = list.toJSON().indexOf(spec);
    if (index >= 0) list.delete(index);
  });
}

function edit({ file, directory }: Config, change: (list: YAMLSeq) => void): string {
  const path = file ?? join(directory, FILE_NAME);
  const document = parseDocument(file === undefined ? "" : readNamedText(path, FILE_BYTES_MAX));
  const present = document.get("plugins");
  const list = isSeq(present) ? present : new YAMLSeq();
  change(list);
  // A list that becomes empty is written as `[]`, which shows that it may be filled.
  list.flow = list.items.length === 0;
  document.set("plugins", list);
  makeNamedDirectory(dirname(path));
  writeWhole(path, document.toString({ lineWidth: 0 }), { keepsMode: true });
  return path;
}
