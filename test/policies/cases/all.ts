import { ADMINISTRATOR_OF_ROTATION } from "./administrator.ts";
import type { Case } from "./case.ts";
import { DEPLOYER } from "./deployer.ts";
import { ENDPOINT } from "./endpoint.ts";
import { FUNCTION_ROLE } from "./function-role.ts";
import { KEYS } from "./keys.ts";
import { LAMBDA_SERVICE } from "./lambda-service.ts";
import { OPERATOR } from "./operator.ts";
import { RESOURCE_POLICIES } from "./resource-policies.ts";
import { USERS } from "./users.ts";

/** The cases about each file of policies/. */
export const CASES: Readonly<Record<string, readonly Case[]>> = {
  ...FUNCTION_ROLE,
  ...KEYS,
  ...LAMBDA_SERVICE,
  ...ADMINISTRATOR_OF_ROTATION,
  ...OPERATOR,
  ...USERS,
  ...DEPLOYER,
  ...ENDPOINT,
  ...RESOURCE_POLICIES,
};
