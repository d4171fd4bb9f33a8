import type { Reproductions } from "../reproduction.ts";
import type { Scene } from "../scene.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;

const usual = ({ configure }: Scene) => configure({});

/** The function's configuration. */
export const FUNCTION = {
  "malformed-settings": {
    ...POSTGRES,
    breaks: "PASSWORD_LENGTH of the function is `many`",
    break: ({ configure }) => configure({ PASSWORD_LENGTH: "many" }),
    mends: "the function has no such variable",
    mend: usual,
  },
  unexpected: {
    ...POSTGRES,
    breaks: "the runtime of the function lacks `JSON.rawJSON`, as nodejs20.x does",
    break: ({ configure }) =>
      configure({ NODE_OPTIONS: "--import=data:text/javascript,delete%20JSON.rawJSON" }),
    mends: "the runtime has `JSON.rawJSON`",
    mend: usual,
  },
} satisfies Reproductions;
