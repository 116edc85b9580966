import { memoryStorage } from "./memory.ts";
import { testStorage } from "./suite.ts";

testStorage("no directory at all", () => memoryStorage());
