import { postgres } from "../../../functions/postgres/engine.ts";
import type { Engine } from "../../../shared/engine/engine.ts";
import type { PairCapability } from "../../../shared/engine/pair.ts";
import { RotationError } from "../../../shared/report/errors.ts";

const right = postgres as unknown as Engine & { readonly pair: PairCapability }; // Its sessions go back to it.

/** As of a product whose users cannot read their own rights: only the admin user compares the two. */
export const checkedByAdmin: Engine = {
  ...right,
  pair: {
    ...right.pair,
    checkedBy: "admin",
    read: async (readers, pair) => {
      if (!("admin" in readers)) {
        throw new RotationError(
          "unsupported",
          "A user cannot read its own rights.",
          "Read as the admin user.",
        );
      }
      return await right.pair.read(readers, pair);
    },
  },
};
