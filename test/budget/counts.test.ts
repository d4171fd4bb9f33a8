import { describe } from "vitest";
import { availableEngines } from "../available-servers.ts";
import { holdToBudget } from "./hold.ts";

describe.each(await availableEngines())("%s", holdToBudget);
