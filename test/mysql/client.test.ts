import { keepsAnsweringOn } from "../rotate/application.ts";

keepsAnsweringOn("mysql", {
  "single-user": { rejectsLogins: false },
  "master-user": { rejectsLogins: false },
});
