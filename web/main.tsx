/** The page's beginning. */
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/chart.css";
import "./styles/overview.css";
import "./styles/tasks.css";
import "./styles/audit.css";
import "./styles/snapshots.css";
import "./styles/activity.css";
import { render } from "preact";
import { resume } from "./api/session.ts";
import { followLinks } from "./routing/address.ts";
import { Shell } from "./shell/shell.tsx";

const page = document.getElementById("page");
if (page === null) throw new Error("the shell has no place for the page");
followLinks();
void resume();
render(<Shell />, page);
