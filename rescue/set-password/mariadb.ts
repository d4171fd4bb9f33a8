import { mariadbDialect } from "../../functions/mariadb/engine.ts";
import { setMysqlPassword } from "./mysql.ts";

/** @see RescueEngine.setPassword */
export const setPassword = setMysqlPassword(
  mariadbDialect,
  "VIA mysql_native_password USING 'invalid'", // As the server's own installation writes it: no password has this hash.
);
