import { createConnection } from "mysql2/promise";
import { urlLogsInAfterRotations } from "../rotate/url-rotations.ts";

urlLogsInAfterRotations("mysql", async (uri, ca) => {
  await using connection = await createConnection({ uri, ssl: { ca } });
  const [rows] = await connection.query({ sql: "SELECT SUBSTRING_INDEX(USER(), '@', 1)", rowsAsArray: true });
  return String(Object(rows)[0][0]);
});
