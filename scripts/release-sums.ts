/** `make release-sums`: the sums and the bill of materials of `dist/release` anew, once its files were signed. */
import { resolve } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { describeRelease, releaseTime } from "./release/describe.ts";

describeRelease(resolve("dist/release"), {
  version: manifest.version,
  created: releaseTime(resolve(import.meta.dir, "..")),
});
