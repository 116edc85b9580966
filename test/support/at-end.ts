/**
 * Work for the end of the whole run. This file is loaded before every test file: `afterAll` of any other module runs only with
 * the first file that imports it.
 */
import { afterAll } from "bun:test";

type Work = () => void | Promise<void>;
const works: Work[] = [];

/** Runs it when the last test file has ended; what was asked for last comes first. */
export const atEnd = (work: Work): void => void works.unshift(work);

afterAll(async () => {
  for (const work of works.splice(0)) await work();
});
