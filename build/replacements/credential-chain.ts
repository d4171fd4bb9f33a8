import { fromEnv } from "@aws-sdk/credential-provider-env";

/** Replaces the SDK's credential chain: Lambda passes the role's credentials in environment variables only. */
export const defaultProvider = () => fromEnv();
