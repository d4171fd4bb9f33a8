import type { Reproductions } from "../reproduction.ts";
import type { ReproductionSetup } from "../reproduction-setup.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;

const defaults = ({ configure }: ReproductionSetup) => configure({});

/** The function's configuration. */
export const FUNCTION = {
  "malformed-settings": {
    ...POSTGRES,
    breaks: "PASSWORD_LENGTH of the function is `many`",
    break: ({ configure }) => configure({ PASSWORD_LENGTH: "many" }),
    repairs: "the function has no such variable",
    repair: defaults,
  },
  unexpected: {
    ...POSTGRES,
    breaks: "the runtime of the function lacks `JSON.rawJSON`, as nodejs20.x does",
    break: ({ configure }) =>
      configure({ NODE_OPTIONS: "--import=data:text/javascript,delete%20JSON.rawJSON" }),
    repairs: "the runtime has `JSON.rawJSON`",
    repair: defaults,
  },
} satisfies Reproductions;
