import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Program } from "../packaged.ts";

/** Places of a server's files other than its program. */
export interface Files {
  /** Holds the messages, the character sets and MariaDB's SQL scripts. */
  readonly share: string;
  /** Settings with the places of the program's files. Empty for an installed program, which finds them. */
  readonly settings: Readonly<Record<string, string>>;
}

export function filesOf({ folder, command }: Program): Files {
  if (folder === undefined) {
    const prefix = dirname(dirname(command.at(-1) ?? ""));
    const places = ["mysql", "mariadb"].map((name) => join(prefix, "share", name));
    return { share: places.find(existsSync) ?? String(places[1]), settings: {} };
  }
  const share = join(folder, "share");
  return {
    share,
    settings: {
      lc_messages_dir: share,
      character_sets_dir: join(share, "charsets"),
      plugin_dir: join(folder, "plugin"),
    },
  };
}
