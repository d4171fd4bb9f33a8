import { fromEnv } from "@aws-sdk/credential-provider-env";

/**
 * Stands in for the SDK's chain of credential providers in the bundle: Lambda hands a function the credentials of
 * its role in environment variables, so that single sign-on, profiles and instance metadata are dead weight.
 */
export const defaultProvider = () => fromEnv();
