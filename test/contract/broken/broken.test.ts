import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgres } from "../../../functions/postgres/engine.ts";
import { CASES } from "../cases.ts";
import { startPostgresContractServer } from "../postgres-server.ts";
import { openContext } from "../support/context.ts";
import { BROKEN_ALTERNATES } from "./alternates.ts";
import { BROKEN_LOGINS } from "./logins.ts";
import { BROKEN_OTHERS_PASSWORDS } from "./others-passwords.ts";
import { BROKEN_PASSWORDS } from "./passwords.ts";
import { BROKEN_REFUSALS } from "./refusals.ts";

describe("the engine contract finds", () => {
  let context: Awaited<ReturnType<typeof openContext>>;
  beforeAll(async () => {
    context = await openContext(postgres, startPostgresContractServer);
  });
  afterAll(() => context?.[Symbol.asyncDispose]());

  const all = [
    ...BROKEN_LOGINS,
    ...BROKEN_PASSWORDS,
    ...BROKEN_OTHERS_PASSWORDS,
    ...BROKEN_ALTERNATES,
    ...BROKEN_REFUSALS,
  ];
  for (const broken of all) {
    it(`${broken.name} → ${broken.fails}`, async () => {
      const contractCase = CASES.find(({ name }) => name === broken.fails);
      const run = contractCase?.run({ ...context, engine: broken.engine(context.server) });
      await expect(run).rejects.toThrow(broken.saying);
    });
  }
});
