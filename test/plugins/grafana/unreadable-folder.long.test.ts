/** A selector by folder where Grafana fails at every answer that holds one of its folders. */
import { setDefaultTimeout } from "bun:test";
import { chooseByFolder } from "./choose-by-folder.ts";

setDefaultTimeout(120_000);

chooseByFolder("isUnreadable");
