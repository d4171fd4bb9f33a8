import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { postgres } from "./engine.ts";

export const handler = rotation(postgres, masterUser);
