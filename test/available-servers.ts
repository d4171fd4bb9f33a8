import { findProgram, NoServer } from "../local/servers/find-program.ts";
import { MARIADB } from "../local/servers/mariadb/product.ts";
import { MYSQL } from "../local/servers/mysql/product.ts";
import type { Product } from "../local/servers/mysql-family/product.ts";

/** Which tests are about a product whose server does not come with the npm packages. */
const TESTS: [Product, string[]][] = [
  [
    MYSQL,
    [
      "test/mysql/**",
      "test/budget/mysql.test.ts",
      "test/contract/mysql.test.ts",
      "test/rescue/mysql*.test.ts",
    ],
  ],
  [
    MARIADB,
    [
      "test/mariadb/**",
      "test/budget/mariadb.test.ts",
      "test/contract/mariadb.test.ts",
      "test/rescue/mariadb.test.ts",
    ],
  ],
];

/** Whether a server can be had; it is fetched if need be. In CI one that cannot be had is a failure. */
export async function isAvailable(product: Product): Promise<boolean> {
  try {
    await findProgram(product);
    return true;
  } catch (error) {
    if (!(error instanceof NoServer) || process.env.CI === "true") throw error;
    process.stderr.write(`SKIPPED: ${error.message}\n`);
    return false;
  }
}

/** The tests that this machine cannot run. They are left out loudly, with what to do about it. */
export async function testsWithoutServer(): Promise<string[]> {
  const left = [];
  for (const [product, tests] of TESTS) {
    if (!(await isAvailable(product))) {
      left.push(...tests);
    }
  }
  return left;
}
