import type { ContractServer } from "../../contract/contract-server.ts";
import type { DatabaseGate } from "../../support/database-gate/gate.ts";
import { putValue } from "../../support/operator.ts";
import type { Harness } from "../harness.ts";
import { CONNECTIONS, type Subject } from "../subject.ts";

/** Where a change is brought about, and where what a message says about it is done: one subject on one server. */
export interface Context {
  readonly harness: Harness;
  readonly server: ContractServer;
  readonly gate: DatabaseGate;
  readonly subject: Subject;
  readonly base: string;
  readonly clone: string;
  readonly master: string;
  /** The user of AWSCURRENT at this moment. */
  current(): Promise<string>;
  /** The other one of two users. */
  alternate(): Promise<string>;
  exists(username: string): Promise<boolean>;
  /** As a person who brings a user back does: with a password, and with what it was granted. */
  recreate(username: string, password: string): Promise<void>;
  grantAsBefore(username: string): Promise<void>;
  /** Stores the value under AWSCURRENT anew, with some keys changed: of the subject's secret, or of its master's. */
  edit(which: "secret" | "master secret", changes: Record<string, unknown>): Promise<void>;
}

export function contextOf(harness: Harness, subject: Subject): Context {
  const { server, gate, stack } = harness;
  const base = subject.username;
  const clone = `${base}_clone`;
  const current = async () => String((await stack.value(subject.arn)).username);
  const grantAsBefore = async (username: string) => {
    const { database } = server;
    await server.grant("SELECT", subject.table, username);
    await server.grant("UPDATE", subject.table, username);
    await server.limitConnections(username, CONNECTIONS);
    if (harness.strategy === "single-user" && subject.alwaysCurrent)
      await database.letKeepOldPassword?.(username);
  };
  return {
    harness,
    server,
    gate,
    subject,
    base,
    clone,
    master: subject.users.at(-1) ?? "",
    current,
    alternate: async () => ((await current()) === base ? clone : base),
    exists: async (username) => !/no such user|There is no user/.test(await server.traits(username)),
    recreate: async (username, password) => {
      await server.database.createUser(username, password);
      await grantAsBefore(username);
    },
    grantAsBefore,
    edit: async (which, changes) => {
      const arn = which === "secret" ? subject.arn : String((await stack.value(subject.arn)).masterarn);
      await putValue(stack, arn, { ...(await stack.value(arn)), ...changes });
    },
  };
}
