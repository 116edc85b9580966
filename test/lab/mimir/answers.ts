/** The answers of the Prometheus API, and those of Mimir's own pages. */

export const success = (data: unknown, warnings: readonly string[] = []): Response =>
  Response.json({ status: "success", data, ...(warnings.length === 0 ? {} : { warnings }) });

export const failure = (status: number, errorType: string, error: string): Response =>
  Response.json({ status: "error", errorType, error }, { status });

export const plain = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });

export const yaml = (text: string): Response =>
  new Response(text, { headers: { "content-type": "application/yaml" } });

export const notFound = (): Response => plain(404, "404 page not found");
