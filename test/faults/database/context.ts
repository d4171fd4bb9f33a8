import type { ContractServer } from "../../contract/contract-server.ts";
import type { DatabaseGate } from "../../support/database-gate/gate.ts";
import { putValue } from "../../support/operator.ts";
import type { Harness } from "../harness.ts";
import { CONNECTIONS, type Subject } from "../subject.ts";

/** The subject and server of a case, for changes to the database and for following the instructions in messages. */
export interface Context {
  readonly harness: Harness;
  readonly server: ContractServer;
  readonly gate: DatabaseGate;
  readonly subject: Subject;
  readonly base: string;
  readonly clone: string;
  readonly master: string;
  /** Username in AWSCURRENT. */
  current(): Promise<string>;
  /** The other one of two users. */
  alternate(): Promise<string>;
  exists(username: string): Promise<boolean>;
  /** Creates a dropped user again, with the given password and its grants, as an administrator would. */
  recreate(username: string, password: string): Promise<void>;
  grantAsBefore(username: string): Promise<void>;
  /** Stores a copy of AWSCURRENT with changed keys, in the subject's secret or in its master secret. */
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
