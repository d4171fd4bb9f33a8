import type { ServerCertificate } from "../../local/certificates.ts";
import { type Line, type Listener, listen } from "./listener.ts";
import { AUTHENTICATED, done, introduction, message, READY, SESSION_KEY } from "./postgres-messages.ts";
import { askForScram, challenge, proof, type Scram } from "./scram.ts";

/** What a server says at some point of the protocol: once, over and over, piece by piece, or nothing at all. */
export type Speech = Buffer | { endless: Buffer } | { drip: Buffer } | "silence" | "hang up";

export interface PostgresScript {
  /** What it says to a client that asks for TLS; it begins TLS after "S" alone. */
  readonly toTls?: Buffer;
  readonly certificate?: ServerCertificate;
  /** Instead of letting everybody in. */
  readonly authentication?: Speech | Scram | "password" | "md5";
  /** Instead of "you are in", the session's number and "ready". */
  readonly welcome?: Speech;
  /** @returns undefined for what a well-behaved server says. */
  answer?(sql: string, nth: number): Speech | undefined;
  /** Distorts what is said, message by message. */
  distort?(words: Buffer, nth: number): Buffer;
}

const TLS_REQUEST = 80_877_103;

/** A server that is good enough for the single-user strategy, but for what the script says otherwise. */
export function startPostgresServer(script: PostgresScript): Promise<Listener> {
  return listen((line) => {
    let nth = 0;
    const say = (words: Buffer) => line.say(script.distort?.(words, nth++) ?? words);
    converse(line, script, (speech) => deliver(line, speech, say));
  });
}

/** Says it, in whatever way. */
export function deliver(line: Line, speech: Speech, say = line.say): void {
  if (Buffer.isBuffer(speech)) say(speech);
  else if (typeof speech === "object") keepSaying(line, speech);
  else if (speech === "hang up") line.hangUp();
}

/** The whole of it over and over, or byte after byte. */
function keepSaying(line: Line, speech: { endless: Buffer } | { drip: Buffer }): void {
  let at = 0;
  const timer = setInterval(
    () => {
      if (line.gone) clearInterval(timer);
      else line.say("drip" in speech ? speech.drip.subarray(at, ++at) : speech.endless);
    },
    "drip" in speech ? 20 : 0,
  );
}

function converse(line: Line, script: PostgresScript, speak: (speech: Speech) => void): void {
  let username = "";
  const welcome = () => speak(script.welcome ?? Buffer.concat([AUTHENTICATED, SESSION_KEY, READY]));
  const session = () =>
    onMessages(
      line,
      answering(script, () => username, speak),
    );
  line.onWords((words) => {
    if (words.length === 8 && words.readInt32BE(4) === TLS_REQUEST) {
      const reply = script.toTls ?? Buffer.from("S");
      line.say(reply);
      if (reply.equals(Buffer.from("S")) && script.certificate) line.encrypt(script.certificate);
      return;
    }
    username = /\0user\0([^\0]*)/.exec(words.toString())?.[1] ?? "";
    const { authentication } = script;
    if (authentication === undefined) {
      session();
      return welcome();
    }
    if (authentication === "password" || authentication === "md5") {
      line.onWords(() => {
        session();
        welcome();
      });
      return speak(authentication === "md5" ? message("R", 5, "salt") : message("R", 3));
    }
    if (typeof authentication === "object" && "password" in authentication) {
      return scram(line, authentication, speak, () => {
        session();
        welcome();
      });
    }
    speak(authentication);
  });
}

function scram(line: Line, script: Scram, speak: (speech: Speech) => void, welcome: () => void): void {
  speak(askForScram(script));
  line.onWords((first) => {
    const clientFirst = first.toString("latin1", first.indexOf(0, 5) + 5);
    const { text, message: words } = challenge(script, clientFirst);
    speak(words);
    line.onWords((final) => {
      speak(proof(script, clientFirst, text, final.toString("latin1", 5)));
      welcome();
    });
  });
}

/** Queries, simple and extended ones. */
function answering(script: PostgresScript, username: () => string, speak: (speech: Speech) => void) {
  let nth = 0;
  let parsed = "";
  return (kind: string, body: Buffer) => {
    if (kind === "P")
      parsed = body.toString("utf8", body.indexOf(0) + 1, body.indexOf(0, body.indexOf(0) + 1));
    if (kind !== "Q" && kind !== "S") return;
    const sql = kind === "Q" ? body.toString("utf8", 0, body.length - 1) : parsed;
    const begins = kind === "Q" ? Buffer.alloc(0) : Buffer.concat([message("1"), message("2")]);
    const usual = Buffer.concat([begins, usually(sql, username()), READY]);
    speak(script.answer?.(sql, nth++) ?? usual);
  };
}

function usually(sql: string, username: string): Buffer {
  return sql.includes("session_user AS username") ? introduction({ username }) : done("COMMIT");
}

/** The client's messages, after the one that begins the session. */
function onMessages(line: Line, hear: (kind: string, body: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  line.onWords((words) => {
    rest = Buffer.concat([rest, words]);
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const end = 1 + rest.readUInt32BE(1);
      hear(String.fromCharCode(rest[0] ?? 0), rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  });
}
