import { setTimeout as wait } from "node:timers/promises";
import { before, refuse } from "../interference.ts";
import type { Reproductions } from "../reproduction.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;

/** Reasons that an error of Secrets Manager causes. */
export const SECRETS_MANAGER = {
  "access-denied": {
    ...POSTGRES,
    breaks: "the role of the function may not call GetSecretValue",
    break: refuse(
      "GetSecretValue",
      "AccessDeniedException",
      "User is not authorized to perform: secretsmanager:GetSecretValue",
    ),
    repairs: "the role may call it",
  },
  throttled: {
    ...POSTGRES,
    timeoutSeconds: 6, // As long as the step has time, it makes the call again.
    breaks: "Secrets Manager refuses each PutSecretValue as too many",
    break: refuse("PutSecretValue", "ThrottlingException", "Rate exceeded"),
    repairs: "Secrets Manager takes the call",
  },
  "secrets-manager": {
    ...POSTGRES,
    breaks: "Secrets Manager answers PutSecretValue with LimitExceededException",
    break: refuse("PutSecretValue", "LimitExceededException", "The secret has too many versions."),
    repairs: "Secrets Manager takes the call",
  },
  deadline: {
    ...POSTGRES,
    timeoutSeconds: 3,
    breaks: "Secrets Manager answers after 4 s, and the timeout of the function is 3 s",
    break: before("createSecret", async ({ interference }) => {
      interference.answer = () => wait(4000);
    }),
    repairs: "Secrets Manager answers at once",
  },
} satisfies Reproductions;
