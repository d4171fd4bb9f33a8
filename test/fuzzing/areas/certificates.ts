import fc from "fast-check";

/** Which certificate a server shows; "none" is a server and a secret without TLS. Most cases get beyond TLS. */
export const certificates = fc.constantFrom(
  "none",
  "none",
  "none",
  "none",
  "good",
  "good",
  "good",
  "otherName",
  "expired",
  "otherAuthority",
);
