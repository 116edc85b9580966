/** docs/api.md is made from the routes of the service. `make generated` writes it anew. */
import { expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { apiPage, ROUTES } from "../../scripts/api-page.ts";
import { openApi } from "../../src/service/api/openapi.ts";
import { expectPage } from "./generated.ts";

test("docs/api.md says what the routes say", async () => {
  await expectPage("docs/api.md", await apiPage());
});

/** What somebody else's validator finds wrong with a description. */
async function flawsOf(description: Record<string, unknown>): Promise<unknown> {
  // It replaces references in what it is given.
  const { valid, errors } = await new Validator().validate(structuredClone(description));
  return valid ? [] : errors;
}

test("the description of the API is OpenAPI 3.1, and has every route", async () => {
  const description = openApi(ROUTES);
  expect(await flawsOf({ ...description })).toEqual([]);
  const { paths } = description as { paths: Record<string, Record<string, { operationId: string }>> };
  const described = Object.entries(paths).flatMap(([path, all]) =>
    Object.keys(all).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
  );
  expect(described.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  const ids = Object.values(paths).flatMap((all) => Object.values(all).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
});

test("a description that is none is found", async () => {
  expect(await flawsOf({ ...openApi(ROUTES), paths: { "/x": { get: { responses: 5 } } } })).not.toEqual([]);
});
