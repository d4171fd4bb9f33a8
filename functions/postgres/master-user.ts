import { masterUser } from "../../shared/master-user.ts";
import { rotation } from "../../shared/rotation.ts";
import { postgres } from "./engine.ts";

export const handler = rotation(postgres, masterUser);
