import { expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { startPostgresStack } from "../support/fixture.ts";
import { holder, reattempt } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { expectToRotate, newUser, type Product, type ServerAndFunctions } from "./server-and-functions.ts";

/** What has a server refuse passwords without a punctuation character, and what ends that. */
const POLICIES: Readonly<Record<Product, { readonly begin: string[]; readonly end: string[] }>> = {
  postgres: {
    begin: ["ALTER SYSTEM SET session_preload_libraries = 'passwordcheck'", "SELECT pg_reload_conf()"],
    end: ["ALTER SYSTEM RESET session_preload_libraries", "SELECT pg_reload_conf()"],
  },
  mysql: {
    begin: ["INSTALL COMPONENT 'file://component_validate_password'"],
    end: ["UNINSTALL COMPONENT 'file://component_validate_password'"],
  },
  mariadb: {
    begin: ["INSTALL SONAME 'simple_password_check'"],
    end: ["UNINSTALL SONAME 'simple_password_check'"],
  },
};

/** AWSPENDING holds a password that the server refuses, and that no retry can replace. */
export function stuckPending(scene: () => ServerAndFunctions, product: Product): void {
  test.each(["single-user", "master-user"])(
    "the server's password policy refuses the pending password: the printed remedy leads to a rotation (%s)",
    async (strategy) => {
      const { database, administer } = scene();
      await using cleanUp = new AsyncDisposableStack();
      const environment = { PASSWORD_IN_SQL: "plaintext", DATABASE_CA_FILE: database.caFile };
      const tooWeak = { EXCLUDE_PUNCTUATION: "true", EXCLUDE_NUMBERS: "true" };
      const stack = cleanUp.use(
        await startPostgresStack(database, {
          bundle: `${product}-${strategy}`,
          environment: { ...environment, ...tooWeak },
        }),
      );
      const user = await newUser(scene(), stack);
      cleanUp.defer(() => administer(...POLICIES[product].end));
      await administer(...POLICIES[product].begin);

      const { step, reason, message } = await failedRotation(stack, user.arn);

      expect({ step, reason }).toEqual({ step: "setSecret", reason: "password-refused" });
      expect(await database.accepts(user.username, user.password)).toBe(true);
      expect(message).toMatch(/hange PASSWORD_LENGTH and the EXCLUDE_ variables/);
      await stack.rotationFunction.configure(environment);
      expect(await reattempt(stack, user.arn), "The stored value stays as weak as it is.").toBe(false);

      expect(await followRescue(stack, message, database.caFile)).toBe("unstick");
      expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
      await expectToRotate(scene(), stack, user);
    },
  );
}
