import { PERSON, SECRET } from "../account.ts";
import { ADMINISTRATOR } from "../others.ts";
import { type Case, lets, refuses } from "./case.ts";
import { CODE } from "./function-role.ts";

const FILE = "vpc-endpoint.json";

/** Through the endpoint, with policies of their own that allow everything. */
const role = { ...CODE, identity: [ADMINISTRATOR], endpointPolicy: FILE };
const person = {
  principal: PERSON,
  context: { "aws:PrincipalArn": PERSON, "aws:PrincipalAccount": "123456789012" },
  identity: [ADMINISTRATOR],
  endpointPolicy: FILE,
};

const CALLS: [action: string, resource: string][] = [
  ["secretsmanager:DescribeSecret", SECRET],
  ["secretsmanager:GetSecretValue", SECRET],
  ["secretsmanager:ListSecretVersionIds", SECRET],
  ["secretsmanager:PutSecretValue", SECRET],
  ["secretsmanager:UpdateSecretVersionStage", SECRET],
  ["secretsmanager:GetRandomPassword", "*"],
];

/** An endpoint policy narrows what the caller's own policies allow, and grants nothing. */
export const ENDPOINT: Readonly<Record<string, readonly Case[]>> = {
  [FILE]: [
    ...CALLS.map(([action, resource]) => lets(`the function ${action}`, role, action, resource)),
    ...CALLS.map(([action, resource]) => refuses(`an administrator ${action}`, person, action, resource)),
    ...["secretsmanager:DeleteSecret", "secretsmanager:ListSecrets"].map((action) =>
      refuses(`the function ${action}`, role, action, action.endsWith("ListSecrets") ? "*" : SECRET),
    ),
  ],
};
