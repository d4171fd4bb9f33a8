import type { Pair, PairCapability, PairView, Readers } from "../../../shared/engine/pair.ts";
import { withRoleLock } from "../lock.ts";
import { asAdmin, limits, type PostgresSession } from "../session.ts";
import { id } from "../sql.ts";
import { apply } from "./apply.ts";
import { type Estate, readEstate } from "./estate.ts";
import { type Facts, readFacts } from "./facts.ts";
import { viewOf } from "./plan.ts";
import { situationOf, successorIn } from "./situation.ts";

/** Every role may read the catalogs, so testSecret needs no admin session. */
export const pair: PairCapability<PostgresSession> = {
  checkedBy: "users",
  exclusively: (admin, { current, alternate }, work) =>
    // ALTER ROLE without options changes nothing, and locks the row of the role.
    withRoleLock(
      admin,
      [current, alternate],
      { statement: `ALTER ROLE ${id(alternate)}`, mayFail: true },
      work,
    ),
  read,
  apply,
};

async function read(readers: Readers<PostgresSession>, users: Pair): Promise<PairView> {
  if ("pending" in readers) {
    return viewOf(await readFacts(readers.pending, users, limits(readers.pending)), [], users);
  }
  const { admin } = readers;
  const facts = await readFacts(admin, users, `${asAdmin(admin)} ${limits(admin)}`);
  return viewOf(facts, await readEstates(admin, facts, users), users);
}

/** Reads the belongings of clones, usually none, in every database that the facts name. */
async function readEstates(admin: PostgresSession, facts: Facts, users: Pair): Promise<Estate[]> {
  const situation = situationOf(facts, users);
  const estates: Estate[] = [];
  for (const { role: of, database: named } of facts.belongings) {
    const database = named ?? admin.database;
    if (of !== situation.base && !estates.some((one) => one.of === of && one.database === database)) {
      estates.push(await readEstateIn(admin, database, { of, successor: successorIn(situation, database) }));
    }
  }
  return estates;
}

async function readEstateIn(
  admin: PostgresSession,
  database: string,
  users: Pick<Estate, "of" | "successor">,
): Promise<Estate> {
  if (database === admin.database) {
    return await readEstate(admin, users, limits(admin));
  }
  await using session = await admin.open({ database });
  if (session) {
    return await readEstate(session, users, `${asAdmin(session)} ${limits(session)}`);
  }
  const remedy = `GRANT CONNECT ON DATABASE ${id(database)} TO ${id(admin.identity.username)}`;
  const what = "something that the master user may not connect to see";
  const entitlement = { what, remedy, removable: false, removal: "" };
  return {
    ...users,
    database,
    harmless: 0,
    relations: [],
    unsafe: [],
    entitlements: [entitlement],
    temporaryGrants: [],
  };
}
