import { holdToBudget } from "./hold.ts";

holdToBudget("mariadb");
