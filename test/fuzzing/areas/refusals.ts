import type { Area, Case } from "../area.ts";
import { metMysql } from "./mysql.ts";
import { MYSQL_MISBEHAVIORS } from "./mysql-misbehaviors.ts";
import { metPostgres } from "./postgres.ts";
import { POSTGRES_MISBEHAVIORS } from "./postgres-misbehaviors.ts";

/** Every way of a server to refuse that has a reason of its own, at the step that meets it. */
const REFUSALS: readonly Case[] = [
  ...POSTGRES_MISBEHAVIORS.filter(({ reason }) => reason !== undefined).map((misbehavior) =>
    metPostgres({ misbehavior, step: "setSecret", tls: "none" }),
  ),
  ...MYSQL_MISBEHAVIORS.filter(({ reason }) => reason !== undefined).map((misbehavior) =>
    metMysql({ product: "mysql", misbehavior, step: "setSecret", tls: "none" }),
  ),
];

/** One after the other, not by chance: each reason is to be met often. */
export const refusals: Area = {
  name: "refusals of servers",
  share: 0.12,
  cases: (_seed, count) =>
    Array.from({ length: count }, (_, index) => REFUSALS[index % REFUSALS.length] as Case),
};
