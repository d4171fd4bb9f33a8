import { mariadbDialect } from "../../functions/mariadb/engine.ts";
import { setMysqlPassword } from "./mysql.ts";

/** @see RescueEngine.setPassword */
export const setPassword = setMysqlPassword(mariadbDialect);
