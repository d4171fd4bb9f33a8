import type { Pair } from "../../shared/engine.ts";
import { RotationError } from "../../shared/errors.ts";
import { align, run } from "./align.ts";
import type { Dialect } from "./dialect.ts";
import { explained } from "./errors.ts";
import { assertMasterMay } from "./master-privileges.ts";
import {
  assertAlike,
  assertMayChange,
  assertSameHosts,
  marksMissing,
  readAccounts,
} from "./pair-accounts.ts";
import { alone, assertWritable, type Server } from "./session.ts";
import { accountText } from "./sql.ts";

/** @see Session.missingMark */
export async function missingMark(server: Server, dialect: Dialect, pair: Pair): Promise<string | undefined> {
  const { current, alternate } = await readAccounts(server, dialect, pair);
  const missing = marksMissing(pair, current, alternate);
  const statements: string[] = [];
  for (const { name, base } of missing) {
    const clone = accountText(name);
    statements.push(...((await dialect.markByAnother?.(server, clone, base)) ?? dialect.mark(clone, base)));
  }
  return missing.length === 0 ? undefined : statements.join("; ");
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
  await alone(server, subject, () => prepare(server, dialect, pair, password));
}

async function prepare(server: Server, dialect: Dialect, pair: Pair, password: string): Promise<void> {
  const { current, alternate } = await readAccounts(server, dialect, pair);
  assertSameHosts(pair, current, alternate);
  const [model] = current;
  if (model === undefined) {
    throw new RotationError("unsupported", `There is no user ${pair.current}.`, "Name one in the secret.");
  }
  assertAlike(current, model);
  const marks = marksMissing(pair, current, alternate);
  assertMayChange(pair, alternate, marks.length > 0 ? model : undefined);
  const twins = current.map(({ name: { host } }) => ({
    name: { user: pair.alternate, host },
    existing: alternate.find(({ name }) => name.host === host),
  }));
  await assertMasterMay(
    server,
    dialect,
    model,
    twins.map(({ existing }) => existing),
  );

  for (const { name, base } of marks) {
    await run(server, dialect.mark(accountText(name), base));
  }
  for (const { name, existing } of twins) {
    if (!existing) {
      const cloneOf = pair.clone === "current" ? undefined : pair.current;
      await run(server, dialect.create(server, name, model, cloneOf));
    }
    await align(server, dialect, model, name);
  }
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
