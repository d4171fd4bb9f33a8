import { holdToBudget } from "./hold.ts";

holdToBudget("postgres");
