/** The small part of XML that S3 speaks: elements and text. Whoever answers may be hostile: depth and entities are bounded. */
import { PluginError } from "contextcore";

/** An element, with its own text and what it contains. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
  /** As it was written. */
  readonly raw: string;
}

const DEPTH_MAX = 32;
const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w:.-]*)[^<>]*?(\/?)>|([^<]+)/y;

interface Open {
  readonly name: string;
  readonly start: number;
  text: string;
  readonly children: XmlElement[];
}

/** The outermost element. @throws PluginError `invalid` for anything that is not XML as S3 speaks it, cut XML too */
export function parseXml(source: string): XmlElement {
  const top: Open = { name: "", start: 0, text: "", children: [] };
  const open = [top];
  for (const [whole, cdata, end, name, selfClosing, text, at] of tokens(source)) {
    const inner = open.at(-1) ?? top;
    if (cdata !== undefined) inner.text += cdata;
    else if (text !== undefined) inner.text += plain(text);
    else if (name === undefined) continue;
    else if (end === "/") close(open, name, source, at + whole.length);
    else {
      open.push({ name, start: at, text: "", children: [] });
      if (open.length > DEPTH_MAX) throw notXml("too deep");
      if (selfClosing === "/") close(open, name, source, at + whole.length);
    }
  }
  const [root, ...others] = top.children;
  if (root === undefined || others.length > 0 || open.length > 1) throw notXml("cut off, or not XML");
  return root;
}

function* tokens(source: string) {
  const pattern = new RegExp(TOKEN);
  for (let at = 0; at < source.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found === null) throw notXml("cut off, or not XML");
    const [whole, cdata, end, name, selfClosing, text] = found;
    yield [whole, cdata, end, name, selfClosing, text, at] as const;
  }
}

function close(open: Open[], name: string, source: string, end: number): void {
  const done = open.pop();
  const parent = open.at(-1);
  if (done === undefined || parent === undefined || done.name !== name) throw notXml("not well-formed");
  const { start, text, children } = done;
  parent.children.push({ name, text, children, raw: source.slice(start, end) });
}

const notXml = (why: string): PluginError =>
  new PluginError("invalid", `the answer is not what S3 says: it is ${why}`, {
    hint: "Is `url` an S3 service itself, not a web page or a proxy in front of it?",
  });

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const plain = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });

/** The elements of this name directly within. */
export const childrenOf = ({ children }: XmlElement, name: string): XmlElement[] =>
  children.filter((child) => child.name === name);

/** The text of the element at this path within; `undefined` when there is none. */
export function textAt(element: XmlElement, ...path: readonly string[]): string | undefined {
  const [name = "", ...rest] = path;
  const child = element.children.find((one) => one.name === name);
  if (child === undefined) return undefined;
  return rest.length === 0 ? child.text : textAt(child, ...rest);
}

/** Text as it stands in XML. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
