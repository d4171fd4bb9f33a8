import { mysqlProtocol } from "../mysql.ts";

export const protocol = mysqlProtocol;
