/** Every route, with every method, as everybody: who may, and who is told what. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { ROUTES } from "../../scripts/api-page.ts";
import { run } from "../support/binary.ts";
import { eventsOf, quietProject, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

const service = await startService(quietProject());
afterAll(() => service.stop());

async function tokenOf(name: string, role: string): Promise<string> {
  const { stdout } = await run(["serve", "token", "add", name, "--role", role], { cwd: service.cwd });
  return stdout.trim();
}

const CALLERS: Readonly<Record<string, string | undefined>> = {
  nobody: undefined,
  viewer: await tokenOf("vera", "viewer"),
  ingest: await tokenOf("inge", "ingest"),
  admin: service.admin,
};

/** Who may call what is for whom, from this machine. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  open: ["nobody", "viewer", "ingest", "admin"],
  local: ["nobody", "viewer", "ingest", "admin"],
  viewer: ["viewer", "admin"],
  ingest: ["ingest", "admin"],
  admin: ["admin"],
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const call = (path: string, method: string, token: string | undefined) =>
  fetch(`${service.url}${path.replaceAll(/:\w+/g, "nothing-of-this-name")}`, {
    method,
    redirect: "manual",
    ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
  });

const PATHS = [...new Set(ROUTES.map(({ path }) => path))];

/** The methods that a path answers. */
const answered = (path: string): string[] =>
  ROUTES.filter((route) => route.path === path).flatMap(({ method }) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );

test("there are routes", () => {
  expect(PATHS.length).toBeGreaterThan(15);
});

test.each(PATHS)("%s answers its methods, each to those who may, and no other", async (path) => {
  for (const method of METHODS) {
    const route = ROUTES.find(
      (one) => one.path === path && one.method === (method === "HEAD" ? "GET" : method),
    );
    for (const [caller, token] of Object.entries(CALLERS)) {
      const response = await call(path, method, token);
      const what = `${method} as ${caller}: ${response.status}`;
      await response.body?.cancel();
      if (route === undefined) {
        expect([what, response.headers.get("allow")]).toEqual([
          `${method} as ${caller}: 405`,
          answered(path).join(", "),
        ]);
        continue;
      }
      expect([what, response.headers.get("x-request-id")]).toEqual([what, expect.any(String)]);
      const isLetIn =
        MAY[route.role]?.includes(caller) === true || (path === "/api/v1/session" && caller !== "nobody");
      const refusal = caller === "nobody" ? 401 : 403;
      if (isLetIn)
        expect([401, 403, 405, 500], what).not.toContain(path === "/api/v1/session" ? 200 : response.status);
      else expect(what).toBe(`${method} as ${caller}: ${refusal}`);
    }
  }
});

test("a token that counts no more is refused by every route that needs one, and each refusal names its caller", async () => {
  const gone = await tokenOf("gone", "admin");
  await run(["serve", "token", "revoke", "gone"], { cwd: service.cwd });
  for (const { path, method, role } of ROUTES) {
    if (role === "open" || role === "local") continue;
    expect([path, [401, 429].includes((await call(path, method, gone)).status)]).toEqual([path, true]);
  }
  const refused = eventsOf(service.cwd).filter(({ operation }) => operation === "access");
  const users = new Set(refused.map(({ user }) => user));
  expect([...users].sort()).toEqual(["anonymous", "inge", "vera"]);
  for (const { via, outcome, request, details } of refused)
    expect([via, outcome, request, details]).toEqual([
      "api",
      "refused",
      expect.any(String),
      expect.objectContaining({ status: expect.any(Number) }),
    ]);
});
