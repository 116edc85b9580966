/** Loaded before every test file. Two cores may be shared with anything: a test that hangs fails, a slow machine does not. */
import { setDefaultTimeout } from "bun:test";

setDefaultTimeout(60_000);
