import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessOptions } from "../server-process.ts";
import type { Account } from "../service-account.ts";
import type { Programs } from "./programs.ts";

/** Command and signals of the server. SIGINT ends all sessions and writes a checkpoint; SIGQUIT ends at once. */
export function postmaster(options: {
  programs: Programs;
  account: Account | undefined;
  folder: string;
}): ProcessOptions {
  const { programs, account, folder } = options;
  const data = join(folder, "data");
  return {
    command: (port) => [programs.postgres, "-D", data, "-p", String(port)],
    account,
    folder,
    abort: "SIGQUIT",
    // As `pg_ctl start --wait`: line 8 of postmaster.pid is the server's state (miscadmin.h).
    isReady: async () => {
      const file = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
      return ["ready", "standby"].includes(file.split("\n")[7]?.trim() ?? "");
    },
  };
}
