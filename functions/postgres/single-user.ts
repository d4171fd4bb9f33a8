import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { postgres } from "./engine.ts";

export const handler = rotation(postgres, singleUser);
