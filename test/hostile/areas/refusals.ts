import type { Area, Case } from "../area.ts";
import { meetMysql } from "./mysql.ts";
import { MYSQL_MANNERS } from "./mysql-manners.ts";
import { meetPostgres } from "./postgres.ts";
import { POSTGRES_MANNERS } from "./postgres-manners.ts";

/** Every way of a server to refuse that has a reason of its own, at the step that meets it. */
const REFUSALS: readonly Case[] = [
  ...POSTGRES_MANNERS.filter(({ reason }) => reason !== undefined).map(
    (manner): Case => ({
      title: `setSecret, PostgreSQL: ${manner.title}`,
      run: (bench) => meetPostgres(bench, manner, "setSecret", "none"),
    }),
  ),
  ...MYSQL_MANNERS.filter(({ reason }) => reason !== undefined).map(
    (manner): Case => ({
      title: `setSecret, MySQL: ${manner.title}`,
      run: (bench) => meetMysql(bench, { product: "mysql", manner, step: "setSecret", tls: "none" }),
    }),
  ),
];

/** One after the other, not by chance: each reason is to be met often. */
export const refusals: Area = {
  name: "refusals of servers",
  share: 0.12,
  cases: (_seed, count) =>
    Array.from({ length: count }, (_, index) => REFUSALS[index % REFUSALS.length] as Case),
};
