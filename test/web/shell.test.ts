/** Signing in and out, and the frame around every view, in a real browser. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { run } from "../support/binary.ts";
import { flawsFor, signIn, visit } from "../support/chromium.ts";
import { quietProject, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(60_000);

const service = await startService(quietProject());
afterAll(() => service.stop());
const viewer = await tokenFor(service.cwd, "vera", "viewer");

test("who has no session signs in with a token, and sees what the address names", async () => {
  await using guest = await visit(service.url, { path: "/audit?operation=export" });
  const { page, said } = guest;
  expect(await page.getByRole("navigation").count()).toBe(0);
  await signIn(page, viewer);
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Audit");
  expect(page.url()).toBe(`${service.url}/audit?operation=export`);
  expect(await page.locator("header").textContent()).toContain("vera viewer");
  await page.reload();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Audit");
  expect(said).toEqual([]);
});

test("a wrong token is refused in words, and the token stays to be mended", async () => {
  await using guest = await visit(service.url);
  const { page } = guest;
  await page.getByLabel("Token").fill("cct_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  expect(await page.getByRole("alert").textContent()).toContain(
    "this token is not known, has expired or was revoked",
  );
  expect(await page.getByLabel("Token").inputValue()).toBe("cct_wrong");
  expect(await flawsFor(page)).toEqual([]);
});

test("who signs out is nobody, and going back shows nothing", async () => {
  await using reader = await visit(service.url, { token: viewer });
  const { page, said } = reader;
  await page.getByRole("link", { name: "Tasks" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  await page.goBack();
  await page.getByLabel("Token").waitFor();
  expect(await page.evaluate(() => fetch("/api/v1/tasks").then(({ status }) => status))).toBe(401);
  expect(said.filter((one) => !one.includes("401"))).toEqual([]);
});

test("whose token is revoked signs in again, and goes on where they were", async () => {
  const token = await tokenFor(service.cwd, "gone", "viewer");
  await using reader = await visit(service.url, { token });
  const { page } = reader;
  await page.getByRole("link", { name: "Schedules" }).click();
  await run(["serve", "token", "revoke", "gone"], { cwd: service.cwd });
  await page.reload();
  await page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
  await signIn(page, viewer);
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Schedules");
});

test("with the keyboard alone: skip to the content, go through the navigation, read on in the new view", async () => {
  await using reader = await visit(service.url, { token: viewer });
  const { page, said } = reader;
  await page.reload();
  await page.getByRole("navigation").waitFor();
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement?.getBoundingClientRect().top >= 0")).toBe(true);
  expect(await page.evaluate("document.activeElement?.textContent")).toBe("Skip to the content");
  await page.getByRole("link", { name: "Snapshots", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Snapshots" }).waitFor();
  expect(await page.evaluate("document.activeElement?.id")).toBe("view");
  expect(await page.title()).toBe("Snapshots · contextcore");
  expect(await page.locator("[aria-current]").textContent()).toBe("Snapshots");
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  expect(said).toEqual([]);
});

test("the theme is the system's until the reader chooses another, which stays", async () => {
  const ground = "getComputedStyle(document.body).backgroundColor";
  await using reader = await visit(service.url, { token: viewer, theme: "dark" });
  const { page, said } = reader;
  const dark = await page.evaluate(ground);
  await page.getByLabel("Theme").selectOption("light");
  const light = await page.evaluate(ground);
  expect([dark, light]).toEqual(["rgb(17, 18, 23)", "rgb(244, 245, 247)"]);
  await page.reload();
  await page.getByRole("navigation").waitFor();
  expect(await page.evaluate(ground)).toBe(light);
  expect(said).toEqual([]);
});

test("what a policy refuses, and what asks another host, is noticed", async () => {
  await using guest = await visit(service.url);
  const { page, said } = guest;
  await page.evaluate('document.body.setAttribute("style", "color: red")');
  await page.evaluate('fetch("http://127.0.0.1:9/").catch(() => {})');
  expect(said.join("\n")).toMatch(/style-src/);
  expect(said.join("\n")).toMatch(/asked http:\/\/127.0.0.1:9\/|connect-src/);
});
