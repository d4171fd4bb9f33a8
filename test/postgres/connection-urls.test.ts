import { Client } from "pg";
import { urlLogsInAfterRotations } from "../rotate/url-rotations.ts";

urlLogsInAfterRotations("postgres", async (connectionString, ca) => {
  const client = new Client({ connectionString, ssl: { ca } });
  await client.connect();
  try {
    return (await client.query("SELECT session_user AS name")).rows[0].name;
  } finally {
    await client.end();
  }
});
