import type { Case } from "./case.ts";
import { adminCases } from "./cases/admin.ts";
import { alternateCases } from "./cases/alternate.ts";
import { atOnceCases } from "./cases/at-once.ts";
import { connectCases } from "./cases/connect.ts";
import { differenceCases } from "./cases/differences.ts";
import { nameCases } from "./cases/names.ts";
import { orderCases } from "./cases/order.ts";
import { ownPasswordCases } from "./cases/own-password.ts";
import { interruptedPasswordCases } from "./cases/own-password-interrupted.ts";
import { rotationCases } from "./cases/rotations.ts";
import { secondPasswordCases } from "./cases/second-password.ts";
import { sessionCases } from "./cases/sessions.ts";
import { takeOverCases } from "./cases/take-over.ts";
import { tenantCases } from "./cases/tenant.ts";
import { tlsCases } from "./cases/tls.ts";

const cases = {
  ...connectCases,
  ...tlsCases,
  ...sessionCases,
  ...ownPasswordCases,
  ...interruptedPasswordCases,
  ...secondPasswordCases,
  ...nameCases,
  ...takeOverCases,
  ...alternateCases,
  ...orderCases,
  ...adminCases,
  ...differenceCases,
  ...rotationCases,
  ...atOnceCases,
  ...tenantCases,
};

export type CaseName = keyof typeof cases;

/** Everything that an engine has to get right, in the order of what builds on what. */
export const CASES: readonly (Case & { readonly name: CaseName })[] = Object.entries(cases).map(
  ([name, one]) => ({ name: name as CaseName, ...one }), // The keys of the object above.
);
