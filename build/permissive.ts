import type { ThirdParty } from "./third-party.ts";

/** SPDX identifiers of licenses that require only their own text to be passed on. */
const WITH_TEXT = ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0"];
/** SPDX identifiers of licenses that require nothing. */
const WITHOUT_TEXT = ["MIT-0", "0BSD"];

/** Why a package must not be shipped, as the predicate of a sentence; undefined if it may be shipped. */
export function objection({ license, hasText }: Omit<ThirdParty, "name" | "version">): string | undefined {
  if (WITHOUT_TEXT.includes(license)) {
    return undefined;
  }
  if (!WITH_TEXT.includes(license)) {
    return `has the license "${license}", which is not on the list of permissive ones in build/permissive.ts`;
  }
  return hasText
    ? undefined
    : `comes without the text of its license (${license}), which must go with every copy`;
}
