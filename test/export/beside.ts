/** A backend with a fault, beside one that has none. */
import { expect } from "bun:test";
import type { Cursor } from "contextcore";
import { fakeBackend } from "./fake-backend.ts";
import { runExport } from "./run.ts";

/** Whether it reads a page of a stream. */
export const isPage = (cursor: Cursor): boolean => typeof cursor.stream === "number";

/** Exports one backend that has this fault beside a healthy one, which must come out whole. */
export async function besideHealthy(directory: string, faulty: ReturnType<typeof fakeBackend>) {
  const healthy = fakeBackend({ name: "healthy", signals: ["traces"], streams: 0, objects: 5 });
  const { manifest, path } = await runExport(directory, [faulty, healthy]);
  const [bad, good] = ["fake", "healthy"].map((name) =>
    manifest.plugins.find((plugin) => plugin.name === name),
  );
  expect(good?.status).toBe("complete");
  expect(good?.counts).toEqual({ objects: 5 });
  return { manifest, bad, path };
}
