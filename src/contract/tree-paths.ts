import { safeFileName } from "./file-name.ts";

/** A titled item inside another, such as a folder in a folder. */
export interface TreeNode {
  readonly id: string;
  readonly title: string;
  /** The id of its parent; empty or unknown at the root. */
  readonly parent: string;
}

/**
 * A directory for every node, as path parts: safe on every file system, and unique even if it ignores case. Siblings whose
 * titles give the same name are distinguished by their ids.
 */
export function treePaths(nodes: readonly TreeNode[]): ReadonlyMap<string, readonly string[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const children = Map.groupBy(nodes, (node) => (isInTree(node, byId) ? node.parent : ""));
  const paths = new Map<string, readonly string[]>();
  const place = (parent: string, above: readonly string[]): void => {
    const taken = new Set<string>();
    for (const node of (children.get(parent) ?? []).toSorted(byIdOrder)) {
      const path = [...above, freeName(node, taken)];
      paths.set(node.id, path);
      place(node.id, path);
    }
  };
  place("", []);
  return paths;
}

/** False at the root, under a missing parent, and within a cycle. */
function isInTree(node: TreeNode, byId: ReadonlyMap<string, TreeNode>): boolean {
  const seen = new Set([node.id]);
  for (let above = byId.get(node.parent); above !== undefined; above = byId.get(above.parent)) {
    if (seen.has(above.id)) return false;
    seen.add(above.id);
  }
  return byId.has(node.parent);
}

const byIdOrder = (a: TreeNode, b: TreeNode): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

function freeName({ title, id }: TreeNode, taken: Set<string>): string {
  const plain = directoryName(title);
  let name = plain;
  for (let attempt = 0; taken.has(folded(name)); attempt += 1) {
    name = `${plain}-${safeFileName(id)}${attempt === 0 ? "" : `-${attempt}`}`;
  }
  taken.add(folded(name));
  return name;
}

/** A directory must not be named like a file beside it: `x.json` becomes `x_json`. */
const directoryName = (title: string): string => safeFileName(title).replace(/\.(jsonl?|ya?ml)$/i, "_$1");

/** Names that are equal on a case-insensitive file system. */
const folded = (name: string): string => name.normalize("NFC").toUpperCase();
