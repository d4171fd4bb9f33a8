import { FUNCTION, MASTER_SECRET, OTHER_FUNCTION, SECRET } from "../account.ts";
import { type Case, lets, refuses, refusesElsewhere } from "./case.ts";
import { invokes, moving, neverFor, person, rotatedBy } from "./person.ts";

const RESCUE = "rescue.json";
const PREFLIGHT = "preflight.json";
const FLEET = "watch-fleet.json";

const VALUE = "secretsmanager:GetSecretValue";
const STAGE = "secretsmanager:UpdateSecretVersionStage";
const READS = ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds", VALUE];

const ours = person(RESCUE, rotatedBy(FUNCTION));
const others = person(RESCUE, rotatedBy(OTHER_FUNCTION));
const nobodys = person(RESCUE);
const OTHER_MASTER = MASTER_SECRET.replace("master-", "other-master-");

/** Who ends rotations that are stuck, asks whether they would succeed, and watches over all of them. */
export const OPERATOR: Readonly<Record<string, readonly Case[]>> = {
  [RESCUE]: [
    ...READS.flatMap((action) => [
      lets(`${action} on a secret of the function`, ours, action, SECRET),
      refuses(`${action} on another function's secret`, others, action, SECRET),
      refuses(`${action} on a secret that nothing rotates`, nobodys, action, SECRET),
      ...refusesElsewhere(`${action} on a secret of the function`, ours, action, SECRET),
    ]),
    ...["AWSCURRENT", "AWSPENDING"].flatMap((label) => [
      lets(`${label} be moved`, person(RESCUE, rotatedBy(FUNCTION), moving(label)), STAGE, SECRET),
      refuses(
        `${label} of another function's secret`,
        person(RESCUE, rotatedBy(OTHER_FUNCTION), moving(label)),
        STAGE,
        SECRET,
      ),
      ...refusesElsewhere(
        `to move ${label}`,
        person(RESCUE, rotatedBy(FUNCTION), moving(label)),
        STAGE,
        SECRET,
      ),
    ]),
    refuses("another label", person(RESCUE, rotatedBy(FUNCTION), moving("AWSPREVIOUS")), STAGE, SECRET),
    lets("the value of the master secret", nobodys, VALUE, MASTER_SECRET),
    refuses("the value of another master secret", nobodys, VALUE, OTHER_MASTER),
    refuses("more of the master secret", nobodys, "secretsmanager:DescribeSecret", MASTER_SECRET),
    ...refusesElsewhere("the value of a master secret", nobodys, VALUE, MASTER_SECRET),
    ...neverFor(RESCUE, [
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecret",
      "secretsmanager:DeleteSecret",
      "secretsmanager:RotateSecret",
      "secretsmanager:CancelRotateSecret",
      "secretsmanager:PutResourcePolicy",
    ]),
  ],
  [PREFLIGHT]: [
    ...invokes(PREFLIGHT),
    lets("the secrets be listed", person(PREFLIGHT), "secretsmanager:ListSecrets", "*"),
    ...neverFor(PREFLIGHT, [VALUE, "secretsmanager:DescribeSecret", "secretsmanager:RotateSecret", STAGE]),
  ],
  [FLEET]: [
    lets("the secrets be listed", person(FLEET), "secretsmanager:ListSecrets", "*"),
    lets("a secret be described", person(FLEET), "secretsmanager:DescribeSecret", SECRET),
    ...refusesElsewhere("to describe a secret", person(FLEET), "secretsmanager:DescribeSecret", SECRET),
    refuses("to invoke the function", person(FLEET), "lambda:InvokeFunction", FUNCTION),
    ...neverFor(FLEET, [VALUE, "secretsmanager:ListSecretVersionIds", "secretsmanager:RotateSecret", STAGE]),
  ],
};
