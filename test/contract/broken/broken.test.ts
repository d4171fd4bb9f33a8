import { postgres } from "../../../functions/postgres/engine.ts";
import { startContractServer } from "../postgres-server.ts";
import { BROKEN_ALTERNATES } from "./alternates.ts";
import { BROKEN_COMPARISONS } from "./comparisons.ts";
import { BROKEN_LOGINS } from "./logins.ts";
import { contractFinds } from "./mutants.ts";
import { BROKEN_PASSWORDS } from "./passwords.ts";
import { BROKEN_ON_OTHER_PRODUCTS } from "./products.ts";
import { BROKEN_REFUSALS } from "./refusals.ts";
import { BROKEN_FOR_TENANTS } from "./tenants.ts";

contractFinds(postgres, startContractServer, [
  ...BROKEN_LOGINS,
  ...BROKEN_PASSWORDS,
  ...BROKEN_ON_OTHER_PRODUCTS,
  ...BROKEN_ALTERNATES,
  ...BROKEN_REFUSALS,
  ...BROKEN_COMPARISONS,
  ...BROKEN_FOR_TENANTS,
]);
