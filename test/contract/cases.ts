import type { Run } from "./case.ts";
import { alternateCases } from "./cases/alternate.ts";
import { atOnceCases } from "./cases/at-once.ts";
import { connectCases } from "./cases/connect.ts";
import { differenceCases } from "./cases/differences.ts";
import { markCases } from "./cases/mark.ts";
import { masterCases } from "./cases/master.ts";
import { nameCases } from "./cases/names.ts";
import { orderCases } from "./cases/order.ts";
import { othersPasswordCases } from "./cases/others-password.ts";
import { ownPasswordCases } from "./cases/own-password.ts";
import { rotationCases } from "./cases/rotations.ts";
import { sessionCases } from "./cases/sessions.ts";
import { tlsCases } from "./cases/tls.ts";

const cases = {
  ...connectCases,
  ...tlsCases,
  ...sessionCases,
  ...ownPasswordCases,
  ...othersPasswordCases,
  ...nameCases,
  ...markCases,
  ...alternateCases,
  ...orderCases,
  ...masterCases,
  ...differenceCases,
  ...rotationCases,
  ...atOnceCases,
};

export type CaseName = keyof typeof cases;

/** Everything that an engine has to get right, in the order of what builds on what. */
export const CASES: readonly { readonly name: CaseName; readonly run: Run }[] = Object.entries(cases).map(
  ([name, run]) => ({ name: name as CaseName, run }), // The keys of the object above.
);
