import { FUNCTION, OTHER_FUNCTION, SECRET } from "../account.ts";
import { type Case, lets, refuses, refusesElsewhere } from "./case.ts";
import { CANCEL, DESCRIBE, ROTATE, STAGE, VALUE, VERSIONS } from "./operations.ts";
import { choosing, invokes, neverFor, newRules, person, rotatedBy } from "./person.ts";

const TRIGGER = "trigger-rotation.json";
const READ = "read-secret.json";

const trigger = person(TRIGGER, rotatedBy(FUNCTION), newRules(false));

export const USERS: Readonly<Record<string, readonly Case[]>> = {
  [TRIGGER]: [
    lets("a secret of this function be rotated", trigger, ROTATE, SECRET),
    lets(
      "the function be named again",
      person(TRIGGER, rotatedBy(FUNCTION), choosing(FUNCTION), newRules(false)),
      ROTATE,
      SECRET,
    ),
    refuses(
      "another function's secret",
      person(TRIGGER, rotatedBy(OTHER_FUNCTION), newRules(false)),
      ROTATE,
      SECRET,
    ),
    refuses(
      "to take over another function's secret",
      person(TRIGGER, rotatedBy(OTHER_FUNCTION), choosing(FUNCTION)),
      ROTATE,
      SECRET,
    ),
    refuses(
      "another function",
      person(TRIGGER, rotatedBy(FUNCTION), choosing(OTHER_FUNCTION)),
      ROTATE,
      SECRET,
    ),
    refuses("another schedule", person(TRIGGER, rotatedBy(FUNCTION), newRules(true)), ROTATE, SECRET),
    ...refusesElsewhere("to rotate a secret", trigger, ROTATE, SECRET),
    ...invokes(TRIGGER),
    ...neverFor(TRIGGER, [VALUE, DESCRIBE, CANCEL, STAGE, "secretsmanager:PutSecretValue"]),
  ],
  [READ]: [
    lets("the secret be read", person(READ), VALUE, SECRET),
    lets("the secret be described", person(READ), DESCRIBE, SECRET),
    refuses("another secret", person(READ), VALUE, SECRET.replace("app-", "other-")),
    ...refusesElsewhere("the secret", person(READ), VALUE, SECRET),
    ...neverFor(READ, [
      ROTATE,
      VERSIONS,
      STAGE,
      "secretsmanager:PutSecretValue",
      "secretsmanager:DeleteSecret",
    ]),
  ],
};
