import { hash } from "node:crypto";
import { type Line, type Listener, listen, type Presented } from "./listener.ts";
import { greeting, introduction, ok, rows, VERSIONS } from "./mysql-packets.ts";
import { deliver, type Speech } from "./postgres-server.ts";

export interface MysqlScript extends MysqlSpeeches {
  readonly product: "mysql" | "mariadb";
  /** Of the user, for a MariaDB that shows what it stores. */
  readonly password: string;
  readonly certificate?: Presented | undefined;
}

/** What it says, where that is not what a well-behaved server would. */
export interface MysqlSpeeches {
  readonly greeting?: Speech;
  /** Instead of letting everybody in; by the number of the login, undefined for letting it in. */
  readonly authentication?: Speech | ((nth: number) => Speech | undefined);
  /** What it says to each further packet of the login. */
  readonly insists?: Speech;
  /** @returns undefined for what a well-behaved server says. */
  answer?(sql: string, nth: number): Speech | undefined;
  /** Distorts what is said, message by message. */
  distort?(words: Buffer, nth: number): Buffer;
}

/** A server that is good enough for the single-user strategy, but for what the script says otherwise. */
export function startMysqlServer(script: MysqlScript): Promise<Listener> {
  const { certificate, product, authentication } = script;
  let logins = 0;
  return listen((line) => {
    let nth = 0;
    const say = (words: Buffer) => line.say(script.distort?.(words, nth++) ?? words);
    const speak = (speech: Speech) => deliver(line, speech, say);
    speak(script.greeting ?? greeting({ tls: certificate !== undefined, version: VERSIONS[product] }));
    onPackets(line, (payload, behind) => {
      // A request for TLS is the beginning of a login without the name.
      if (payload.length === 32 && certificate) {
        line.encrypt(certificate, behind);
        return true;
      }
      const username = payload.toString("utf8", 32, Math.max(32, payload.indexOf(0, 32)));
      onPackets(line, answering(script, username, speak));
      const speech = typeof authentication === "function" ? authentication(logins++) : authentication;
      speak(speech ?? ok(certificate ? 3 : 2));
      return false;
    });
  });
}

/** The byte that a packet with a statement begins with. */
const QUERY = 3;

function answering(script: MysqlScript, username: string, speak: (speech: Speech) => void) {
  let asked = 0;
  return (command: Buffer): boolean => {
    const sql = command.toString("utf8", 1);
    if (command[0] === QUERY) speak(script.answer?.(sql, asked++) ?? usually(sql, username, script));
    else if (asked === 0 && script.insists) speak(script.insists);
    return false;
  };
}

function usually(sql: string, username: string, { password }: MysqlScript): Buffer {
  if (sql.includes("CURRENT_USER()")) {
    return introduction({ user: `${username}@%` });
  }
  if (sql.includes("GET_LOCK")) return rows(1, ["1"]);
  if (sql.startsWith("SHOW CREATE USER")) {
    const stored = `*${hash("sha1", hash("sha1", password, "buffer")).toUpperCase()}`;
    return rows(1, [`CREATE USER \`${username}\`@\`%\` IDENTIFIED BY PASSWORD '${stored}'`]);
  }
  return ok(1);
}

/** @param hear returns true if it has taken what stands behind the packet as well. */
function onPackets(line: Line, hear: (payload: Buffer, behind: Buffer) => boolean): void {
  let rest: Buffer = Buffer.alloc(0);
  line.onWords((words) => {
    rest = Buffer.concat([rest, words]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUIntLE(0, 3)) {
      const end = 4 + rest.readUIntLE(0, 3);
      const payload = rest.subarray(4, end);
      rest = rest.subarray(end);
      if (hear(payload, rest)) rest = Buffer.alloc(0);
    }
  });
}
