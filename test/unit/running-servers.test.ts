import { expect, it } from "vitest";
import { targets } from "../running-servers/targets.ts";

it("without environment variables, no running server is tested", () => {
  expect(targets({})).toEqual([]);
});

it("a running server is named by its URL and its CA", () => {
  const MYSQL_TEST_URL = "mysql://ad%40min:p%2Fw@db.example/shop?sslrootcert=/etc/authority.pem";

  expect(targets({ MYSQL_TEST_URL })).toEqual([
    {
      engine: "mysql",
      host: "db.example",
      port: 3306,
      dbname: "shop",
      administrator: { username: "ad@min", password: "p/w" },
      caFile: "/etc/authority.pem",
      ssl: true,
    },
  ]);
});

it("refuses a URL without a database, without quoting it", () => {
  expect(() => targets({ POSTGRES_TEST_URL: "postgres://admin:secret@db.example:5433" })).toThrow(
    /^POSTGRES_TEST_URL must name a database: …:\/\/user:password@host:port\/database$/,
  );
});
