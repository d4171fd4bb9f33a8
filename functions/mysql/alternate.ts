import type { Pair } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import type { Account } from "./account.ts";
import { align, run } from "./align.ts";
import type { Dialect } from "./dialect.ts";
import { explained } from "./errors.ts";
import { assertMasterMay } from "./master-privileges.ts";
import {
  assertAlike,
  assertMayChange,
  assertSameHosts,
  lacksMark,
  type Marking,
  markingOf,
  readAccounts,
} from "./pair-accounts.ts";
import { alone, assertWritable, type Server } from "./session.ts";
import { type AccountName, accountText } from "./sql.ts";

/** @see Session.missingMark */
export async function missingMark(server: Server, dialect: Dialect, pair: Pair): Promise<string | undefined> {
  const accounts = await readAccounts(server, dialect, pair);
  if (!lacksMark(pair, accounts)) {
    return undefined;
  }
  const { clones, base } = markingOf(pair, accounts);
  const statements = (await dialect.markByAnother?.(server, clones, base)) ?? dialect.mark(clones, base);
  return statements.join("; ");
}

/** @see Session.prepareAlternate */
export async function prepareAlternate(
  server: Server,
  dialect: Dialect,
  pair: Pair,
  password: string,
): Promise<void> {
  await assertWritable(server);
  await dialect.assertTakesPasswords(server);
  const subject = [pair.current, pair.alternate].sort().join("\n");
  await alone(server, subject, async () => {
    const preparation = await prepare(server, dialect, pair);
    await makeAlike(server, dialect, preparation);
    await setPassword(server, dialect, preparation, password);
  });
}

/** What has been found possible, before anything is changed. */
interface Preparation {
  readonly pair: Pair;
  readonly model: Account;
  /** One account of the alternate user for each of the current one; those that do not exist are to be created. */
  readonly twins: readonly { readonly name: AccountName; readonly existing: Account | undefined }[];
  /** What is to be marked before anything is created. */
  readonly marking: Marking | undefined;
}

/** Refuses whatever can be refused beforehand. */
async function prepare(server: Server, dialect: Dialect, pair: Pair): Promise<Preparation> {
  const accounts = await readAccounts(server, dialect, pair);
  const { current, alternate } = accounts;
  assertSameHosts(pair, current, alternate);
  const [model] = current;
  if (model === undefined) {
    throw new RotationError("unsupported", `There is no user ${pair.current}.`, "Name one in the secret.");
  }
  assertAlike(current, model);
  assertMayChange(pair, alternate, lacksMark(pair, accounts) ? model : undefined);
  const twins = current.map(({ name: { host } }) => ({
    name: { user: pair.alternate, host },
    existing: alternate.find(({ name }) => name.host === host),
  }));
  const existing = twins.map((twin) => twin.existing);
  await assertMasterMay(server, dialect, model, existing);

  const creates = existing.includes(undefined);
  const marking = markingOf(pair, accounts);
  const marks = lacksMark(pair, accounts, creates);
  if (marks || (creates && pair.clone !== "current")) {
    await dialect.assertMayMark?.(server, marking.clones, marking.base);
  }
  return { pair, model, twins, marking: marks ? marking : undefined };
}

/** All but the password. */
async function makeAlike(server: Server, dialect: Dialect, preparation: Preparation): Promise<void> {
  const { pair, model, twins, marking } = preparation;
  await run(server, marking ? dialect.mark(marking.clones, marking.base) : []);
  for (const { name, existing } of twins) {
    if (!existing) {
      const cloneOf = pair.clone === "current" ? undefined : pair.current;
      for (const statement of dialect.create(server, name, model, cloneOf)) {
        const refusal = await server.attempt(statement);
        if (refusal) {
          throw explained(refusal); // Never the statement: it may have a password in it, if only a made-up one.
        }
      }
    }
    await align(server, dialect, model, name);
  }
}

async function setPassword(
  server: Server,
  dialect: Dialect,
  { pair, model, twins }: Preparation,
  password: string,
): Promise<void> {
  const names = twins.map(({ name }) => name);
  await run(server, dialect.retire?.(names) ?? []);
  const isNew = twins.some(({ existing }) => !existing || existing.unfinished);
  const identified = dialect.identified(server, password, model);
  const accounts = names.map((name) => `${accountText(name)} ${identified}`).join(", ");
  const finished = isNew ? (dialect.finished ?? "") : "";
  const refusal = await server.attempt(`ALTER USER ${accounts} ACCOUNT UNLOCK${finished}`);
  if (refusal?.number === dialect.usedBefore && (await server.letsIn(pair.alternate, password))) {
    server.invocation.log.info("The alternate user has the pending password already");
  } else if (refusal) {
    throw explained(refusal);
  }
}
