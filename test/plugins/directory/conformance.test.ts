/** The rules that every store is held to, run on this one. */
import directory from "../../../plugins/directory/index.ts";
import { STORE_SERVER_RULES, testStore } from "../../support/conformance.ts";
import { temporaryDirectory } from "../../support/directory.ts";

testStore({
  declaration: directory,
  options: { path: temporaryDirectory() },
  waived: ["store-lock", "store-lifecycle", ...STORE_SERVER_RULES],
});
