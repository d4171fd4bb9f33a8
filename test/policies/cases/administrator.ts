import { FUNCTION, OTHER_FUNCTION, SECRET } from "../account.ts";
import { type Case, lets, refuses, refusesElsewhere } from "./case.ts";
import { CANCEL, DESCRIBE, ROTATE, STAGE, VALUE, VERSIONS } from "./operations.ts";
import { choosing, invokes, moving, neverFor, newRules, person, rotatedBy } from "./person.ts";

const CONFIGURE = "configure-rotation.json";

const attach = person(CONFIGURE, choosing(FUNCTION), newRules(true));
const change = person(CONFIGURE, rotatedBy(FUNCTION), newRules(true));
const off = person(CONFIGURE, rotatedBy(FUNCTION));
const unblock = person(CONFIGURE, rotatedBy(FUNCTION), moving("AWSPENDING"));

export const ADMINISTRATOR_OF_ROTATION: Readonly<Record<string, readonly Case[]>> = {
  [CONFIGURE]: [
    lets("a secret that nothing rotates get this function", attach, ROTATE, SECRET),
    lets(
      "a secret of another function, such as AWS's template, get this one",
      person(CONFIGURE, rotatedBy(OTHER_FUNCTION), choosing(FUNCTION), newRules(true)),
      ROTATE,
      SECRET,
    ),
    refuses(
      "another function for a secret that nothing rotates",
      person(CONFIGURE, choosing(OTHER_FUNCTION)),
      ROTATE,
      SECRET,
    ),
    refuses(
      "another function for a secret of this one",
      person(CONFIGURE, rotatedBy(FUNCTION), choosing(OTHER_FUNCTION)),
      ROTATE,
      SECRET,
    ),
    ...refusesElsewhere("to attach a secret", attach, ROTATE, SECRET),
    lets("the schedule be changed", change, ROTATE, SECRET),
    lets("rotation be turned off", off, CANCEL, SECRET),
    refuses(
      "the schedule of another function's secret",
      person(CONFIGURE, rotatedBy(OTHER_FUNCTION), newRules(true)),
      ROTATE,
      SECRET,
    ),
    refuses(
      "to turn off another function's rotation",
      person(CONFIGURE, rotatedBy(OTHER_FUNCTION)),
      CANCEL,
      SECRET,
    ),
    ...refusesElsewhere("to turn off a rotation", off, CANCEL, SECRET),
    lets("AWSPENDING be removed by hand", unblock, STAGE, SECRET),
    refuses(
      "to move AWSCURRENT",
      person(CONFIGURE, rotatedBy(FUNCTION), moving("AWSCURRENT")),
      STAGE,
      SECRET,
    ),
    refuses(
      "AWSPENDING of another function's secret",
      person(CONFIGURE, rotatedBy(OTHER_FUNCTION), moving("AWSPENDING")),
      STAGE,
      SECRET,
    ),
    ...refusesElsewhere("to remove AWSPENDING", unblock, STAGE, SECRET),
    lets("the secrets be listed", person(CONFIGURE), "secretsmanager:ListSecrets", "*"),
    lets("a secret be described", person(CONFIGURE), DESCRIBE, SECRET),
    lets("versions be listed", person(CONFIGURE), VERSIONS, SECRET),
    ...refusesElsewhere("to describe a secret", person(CONFIGURE), DESCRIBE, SECRET),
    refuses("the value under AWSPENDING", unblock, VALUE, SECRET),
    ...invokes(CONFIGURE),
    ...neverFor(CONFIGURE, [
      VALUE,
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecret",
      "secretsmanager:DeleteSecret",
    ]),
  ],
};
