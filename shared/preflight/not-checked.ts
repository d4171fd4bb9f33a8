import type { Examination } from "../report/examination.ts";

/** Adds the checks that would have to write, with the places to look instead. */
export function noteNotChecked({ note }: Examination, hasTwoUsers: boolean): void {
  const policy = hasTwoUsers ? "rotation-master-user.json" : "rotation-single-user.json";
  note("write-permissions", {
    status: "not-checked",
    milliseconds: 0,
    cause:
      "PutSecretValue, UpdateSecretVersionStage and kms:GenerateDataKey cannot be asked for without writing.",
    remedy: `Compare the function's role with policies/${policy} and policies/secret-key.json.`,
  });
  note("password-checks", {
    status: "not-checked",
    milliseconds: 0,
    cause: "Policies and modules of the server that check a new password are asked only when one is set.",
    remedy: "Compare PASSWORD_LENGTH and the EXCLUDE_ variables of the function with them.",
  });
}
