import { followCommands, followRescue } from "../../support/remedies.ts";
import { rescueProcess } from "../../support/rescue.ts";
import type { Cures } from "./changes.ts";
import type { Context } from "./context.ts";

/** Something that messages tell a person to do. */
interface Instruction {
  readonly name: string;
  /** How messages say it. */
  readonly says: RegExp;
  /** Does it, as it stands there. */
  follow(context: Context, message: string, cures: Cures): Promise<unknown>;
}

/** Where the primary is that a read-only server is no substitute for: the gate's certificate is for this host, too. */
const PRIMARY = "127.0.0.1";

/** @throws if nobody has brought about what this undoes: then the message tells people to do something senseless. */
function cure(name: string): Instruction["follow"] {
  return async (_place, _message, cures) => {
    const undo = cures[name];
    if (undo === undefined) throw new Error(`Nothing is to be cured by it: ${name}.`);
    await undo();
  };
}

/** All servers here have one database that users have something in. */
const STATEMENTS = /as an administrator(?: in "(?:[^"]|"")+")?: (.+?)(?: - | \[[a-z-]+\]$|$)/is;
const RESCUE = "npm run rescue";

/** Each has one way of being followed. What no entry matches is an instruction that nobody can follow. */
const INSTRUCTIONS: readonly Instruction[] = [
  {
    name: "run statements as an administrator",
    says: STATEMENTS,
    follow: async (context, message) => {
      // No change here lets a password expire.
      if (message.includes("If its VALID UNTIL is in the past")) return;
      const [, statements = ""] = STATEMENTS.exec(message) ?? [];
      const { password } = await context.harness.stack.value(context.subject.arn);
      await context.server.administer(
        statements.replaceAll("<the password under AWSCURRENT>", String(password)),
      );
      if (message.includes("then grant it what it had")) await context.grantAsBefore(context.base);
    },
  },
  {
    name: "set the password to the one under AWSCURRENT",
    says: /set the user's password to the one under AWSCURRENT/,
    follow: async ({ server, harness, subject, exists, recreate }) => {
      const { username, password } = await harness.stack.value(subject.arn);
      const [user, its] = [String(username), String(password)];
      if (await exists(user)) await server.setPassword(user, its);
      else await recreate(user, its);
    },
  },
  {
    name: RESCUE,
    says: /npm run rescue -- [a-z]+ --/,
    follow: async ({ harness, subject, gate, current, exists }, message) => {
      const helped = await followRescue(harness.stack, message, gate.caFile, rescueProcess);
      // Without a master it sets no password, and nobody's who is not there any more; what else is said must help then.
      const hasMaster = subject.secrets.length > 1;
      if (helped === undefined && hasMaster && (await exists(await current())))
        throw new Error("No command of it helped.");
    },
  },
  {
    name: "give the rotation up",
    says: /only if the password under AWSCURRENT logs in: aws/,
    follow: async ({ harness, server, subject, gate }, message) => {
      const { username, password } = await harness.stack.value(subject.arn);
      await using session = await server.open(String(username), String(password)).catch(() => undefined);
      return session
        ? followCommands(harness.stack, message)
        : followRescue(harness.stack, message, gate.caFile, rescueProcess);
    },
  },
  {
    name: "bring the master secret up to date",
    says: /Store the master user's present password in the master secret/,
    follow: cure("bring the master secret up to date"),
  },
  {
    name: "renew the certificate",
    says: /Renew the server's certificate/,
    follow: cure("renew the certificate"),
  },
  {
    name: "make room for a connection",
    says: /Raise max_connections/,
    follow: cure("make room for a connection"),
  },
  {
    name: "put the host of the primary into the secret",
    says: /put the host of the primary/i,
    follow: async (context, message, cures) => {
      await cures["find a primary"]?.();
      await context.edit("secret", { host: PRIMARY });
      if (message.includes("master secret")) await context.edit("master secret", { host: PRIMARY });
    },
  },
  {
    name: "correct the host of the master secret",
    says: /not that of the master secret.*correct whichever of the two is wrong/,
    follow: async ({ edit }) => edit("master secret", { host: PRIMARY }),
  },
];

/**
 * The instructions in a message, in the order in which somebody follows them who has been at it so often.
 *
 * Who runs a program takes a hundred times as long as who does the same by hand: only one in ten begins with that.
 */
export function instructionsIn(message: string, turn: number): readonly Instruction[] {
  const found = INSTRUCTIONS.filter(({ says }) => says.test(message));
  const slow = found.filter(({ name }) => name === RESCUE);
  const others = found.filter((one) => !slow.includes(one));
  const from = others.length === 0 ? 0 : turn % others.length;
  const turned = [...others.slice(from), ...others.slice(0, from)];
  return turn % 10 === 0 ? [...slow, ...turned] : [...turned, ...slow];
}
