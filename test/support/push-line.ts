/** Gives a Loki one line of the application `shop`. */
import { expect } from "bun:test";

/** @param ms its time, since 1970 */
export async function pushLine(url: string, ms: number): Promise<void> {
  const streams = [{ stream: { app: "shop" }, values: [[`${ms}000000`, "a line"]] }];
  const answer = await fetch(`${url}/loki/api/v1/push`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ streams }),
  });
  expect(answer.status).toBe(204);
}
