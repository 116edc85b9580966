/** Answers as S3 gives them. */

const text = (value: string): string => value.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);

/** `<Name>…</Name>` of each member; a list gives one element for each item. */
export function xml(name: string, content: unknown): string {
  if (Array.isArray(content)) return content.map((one) => xml(name, one)).join("");
  const inside =
    typeof content === "object" && content !== null
      ? Object.entries(content)
          .map(([key, value]) => (value === undefined ? "" : xml(key, value)))
          .join("")
      : text(String(content));
  return `<${name}>${inside}</${name}>`;
}

export const xmlAnswer = (name: string, content: unknown, status = 200, headers = {}): Response =>
  new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${xml(name, content)}`, {
    status,
    headers: { "content-type": "application/xml", ...headers },
  });

export const refusal = (
  status: number,
  code: string,
  more: Record<string, string> = {},
  headers = {},
): Response => xmlAnswer("Error", { Code: code, Message: `the lab says ${code}`, ...more }, status, headers);

/** An answer without a body. */
export const nothing = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });
