import { holdToBudget } from "./hold.ts";

holdToBudget("mysql");
