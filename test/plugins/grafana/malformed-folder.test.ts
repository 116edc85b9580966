/** A selector by folder where Grafana gives one of its folders as something else. */
import { setDefaultTimeout } from "bun:test";
import { chooseByFolder } from "./choose-by-folder.ts";

setDefaultTimeout(120_000);

chooseByFolder("isMalformed");
